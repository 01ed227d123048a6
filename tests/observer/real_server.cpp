#include "observer/real_server.h"

#include "support/ports.h"

#include <csignal>
#include <stdexcept>

namespace holdfast::test {
namespace {

void give(const std::string& path, const std::string& user) {
  const auto given = run_program({"chown", user + ":", path});
  if (given.code != 0) throw std::runtime_error(given.output);
}

} // namespace

RealServer::RealServer(std::string user, int ports) : user_(std::move(user)), first_port_(free_ports(ports)) {
  give(directory_.path(), user_);
}

RealServer::~RealServer() {
  stop();
}

void RealServer::write(const std::string& file, const std::string& text, unsigned mode) const {
  directory_.write(file, text, mode);
  give(directory_ / file, user_);
}

/// The program takes the place of what makes it another user's, so that its pid is the one we know.
Words RealServer::as_user(const Words& program) const {
  Words words{"setpriv",
              "--reuid=" + user_,
              "--regid=" + user_,
              "--init-groups",
              "env",
              "-i",
              "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
              "LC_ALL=C.UTF-8"};
  for (const auto& [name, value] : environment_)
    words.push_back(name + '=' + value);
  words.insert(words.end(), program.begin(), program.end());
  return words;
}

void RealServer::start(const Words& program, const std::string& ready, const Environment& environment) {
  environment_ = environment;
  const std::string before = log();
  const Fd output = open_output(directory_ / "log");
  child_ = std::make_unique<Child>(as_user(program), output.get());
  const auto is_ready = [&] { return log().find(ready, before.size()) != std::string::npos; };
  if (!comes_true(120s, [&] { return is_ready() || child_->wait(0ms); }) || !is_ready())
    throw std::runtime_error(program.front() + " did not say \"" + ready + "\": " + log());
}

void RealServer::stop() {
  if (!child_) return;
  child_->send(user_ == "postgres" ? SIGINT : SIGTERM);
  child_->wait(30s);
  child_.reset();
}

std::string RealServer::run(const Words& program) const {
  const auto finished = run_program(as_user(program));
  if (finished.code != 0) throw std::runtime_error(program.front() + ": " + finished.output);
  return finished.output;
}

std::string RealServer::log() const {
  return contents(directory_ / "log");
}

int count_of(const std::string& words, const std::string& text) {
  int count = 0;
  for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + words.size()))
    ++count;
  return count;
}

} // namespace holdfast::test
