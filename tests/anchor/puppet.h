#pragma once
// A real anchor in a process of its own, whose engine is a puppet of the test (puppet_program.cpp). Both, and
// all that the puppet starts, live in a cgroup that goes with the test.

#include "anchor/anchor.h"
#include "linux/processes.h"
#include "support/catch.h"
#include "support/scratch.h"

#include "base/file.h"

#include <array>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>

namespace holdfast::test {

/// The letter of proc(5), "Z" for a zombie; empty where there is no such process.
inline std::string state_of(int pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  if (!text) return {};
  return text.value().substr(text.value().rfind(')') + 2, 1);
}

class PuppetShow {
public:
  explicit PuppetShow(std::string engine = HOLDFAST_TEST_PUPPET) : engine_(std::move(engine)) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
      throw std::runtime_error("socketpair");
    ours_ = Fd(ends[0]);
    const Fd theirs(ends[1]);
    const timeval limit{std::chrono::seconds(patience).count(), 0};
    ::setsockopt(ours_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    anchor_.emplace([&, this] { return hold(theirs.get()); });
  }

  /// The puppet's answer.
  std::string ask(const std::string& command) {
    std::array<char, 4096> answer{};
    if (!tell(command)) return "no engine";
    const ssize_t n = ::recv(ours_.get(), answer.data(), answer.size(), 0);
    return n > 0 ? std::string(answer.data(), static_cast<std::size_t>(n)) : "no answer";
  }
  /// Until the anchor has an engine, and answers to signals itself.
  void wait_for_engine() { REQUIRE(ask("peek") == "nothing"); }
  void wait_for_no_engine() {
    REQUIRE(comes_true([this] { return ask("peek") == "no engine"; }));
  }
  /// For commands that nothing answers.
  bool tell(const std::string& command) {
    return ::send(ours_.get(), command.data(), command.size(), MSG_NOSIGNAL) > 0;
  }
  int spawn(const std::string& how) { return std::stoi(ask(how)); }

  [[nodiscard]] int anchor() const { return anchor_->pid(); }
  [[nodiscard]] const TestCgroup& cgroup() const { return cgroup_; }
  [[nodiscard]] const Scratch& scratch() const { return scratch_; }
  /// Makes a cgroup below the test's.
  std::string make_leaf(const std::string& name) const {
    std::string path = cgroup_ / name;
    REQUIRE(linux_os::make_cgroup(path));
    return path;
  }

  /// The anchor's exit code, when it has ended; -1 where a signal killed it or it does not end.
  int exit_code() {
    const int pid = anchor_->pid();
    if (!comes_true([&] { return state_of(pid) == "Z"; })) return -1;
    const int status = anchor_->wait();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

private:
  int hold(int socket) const {
    constexpr int engines_end = 100;
    if (!linux_os::move_into(cgroup_.path(), ::getpid()) || ::dup2(socket, engines_end) < 0) return 64;
    auto anchor = anchor::Anchor::start({engine_, {std::to_string(engines_end)}});
    // The puppet's alone, so that its end is seen at ours.
    ::close(engines_end);
    ::close(socket);
    return anchor ? anchor.value().run() : 65;
  }

  std::string engine_;
  TestCgroup cgroup_;
  Scratch scratch_;
  Fd ours_;
  std::optional<Child> anchor_;
};

} // namespace holdfast::test
