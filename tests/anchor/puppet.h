#pragma once
// A real anchor in a process of its own, whose engines are puppets of the test (puppet_program.cpp). All of
// them, and all that the puppets start, live in a cgroup that goes with the test. The anchor is this program,
// forked, or another one, executed (next_anchor.cpp).

#include "anchor/anchor.h"
#include "anchor/anchor_program.h"
#include "linux/processes.h"
#include "no_allocation.h"
#include "patience.h"
#include "support/catch.h"
#include "support/scratch.h"

#include "base/file.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sstream>
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

/// What the puppet answers where it heard of an exit.
inline std::string exited(int pid, int code, int status) {
  return "exited " + std::to_string(pid) + " " + std::to_string(code) + " " + std::to_string(status);
}
inline std::string signalled(int signal) {
  return "signalled " + std::to_string(signal);
}

/// Ticks of the processor that `pid` has used.
inline std::uint64_t ticks_of(int pid) {
  const std::string text = read_file("/proc/" + std::to_string(pid) + "/stat", 4096).value();
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string passed_over;
  for (int i = 0; i < 11; ++i)
    fields >> passed_over;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  fields >> user >> system;
  return user + system;
}

inline std::ptrdiff_t descriptors_of(int pid) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
  return std::distance(begin(all), end(all));
}

/// Whether `signal` waits to be taken by `pid`.
inline bool is_pending(int pid, int signal) {
  const std::string text = read_file("/proc/" + std::to_string(pid) + "/status", 1U << 16U).value();
  const std::size_t at = text.find("ShdPnd:");
  return (std::stoull(text.substr(at + 7), nullptr, 16) >> static_cast<unsigned>(signal - 1) & 1U) != 0;
}

class PuppetShow {
public:
  explicit PuppetShow(const anchor::Patience& anchors = {}, std::string engine = HOLDFAST_TEST_PUPPET,
                      std::string anchor = "")
      : patience_(anchors), engine_(std::move(engine)), program_(std::move(anchor)) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
      throw std::runtime_error("socketpair");
    ours_ = Fd(ends[0]);
    const Fd theirs(ends[1]);
    const timeval limit{std::chrono::seconds(test::patience).count(), 0};
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
  /// For commands that nothing answers.
  bool tell(const std::string& command) {
    return ::send(ours_.get(), command.data(), command.size(), MSG_NOSIGNAL) > 0;
  }
  int spawn(const std::string& how) { return std::stoi(ask(how)); }
  [[nodiscard]] int engine() { return std::stoi(ask("pid")); }
  /// The engine that lives has taken over, and is killed.
  void lose_engine() {
    REQUIRE(ask("adopt") == "done");
    tell("die");
  }
  /// So many in a row that the anchor does without.
  void lose_all_engines() {
    for (std::uint32_t i = 0; i < anchor::most_early_deaths; ++i)
      tell("die");
  }

  [[nodiscard]] int anchor() const { return anchor_->pid(); }
  [[nodiscard]] const TestCgroup& cgroup() const { return cgroup_; }
  [[nodiscard]] const Scratch& scratch() const { return scratch_; }
  /// On standard error, by the anchor and its engines.
  [[nodiscard]] std::string said() const { return read_file(scratch_ / "said", 1U << 20U).value(); }
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
    const Fd said(::open((scratch_ / "said").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (!linux_os::move_into(cgroup_.path(), ::getpid()) || ::dup2(socket, STDIN_FILENO) < 0 ||
        ::dup2(said.get(), STDERR_FILENO) < 0)
      return 64;
    if (!program_.empty()) return execute();
    auto anchor = anchor::Anchor::start({engine_, {}, patience_});
    if (!anchor) return 65;
    forbid_allocation();
    return anchor.value().run();
  }

  [[nodiscard]] int execute() const {
    ::setenv(patience_variable, to_text(patience_).c_str(), 1);
    ::setenv("HOLDFAST_TEST_TRIAL", (scratch_ / "trial").c_str(), 1);
    ::setenv("HOLDFAST_TEST_TRIED", (scratch_ / "tried").c_str(), 1);
    ::execl(program_.c_str(), program_.c_str(), anchor::begin_word, engine_.c_str(),
            static_cast<char*>(nullptr));
    return 66;
  }

  anchor::Patience patience_;
  std::string engine_;
  std::string program_; ///< empty: this one
  TestCgroup cgroup_;
  Scratch scratch_;
  Fd ours_;
  std::optional<Child> anchor_;
};

} // namespace holdfast::test
