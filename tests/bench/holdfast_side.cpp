#include "holdfast_side.h"

#include "base/clock.h"
#include "base/file.h"

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <vector>

namespace holdfast::bench {
namespace {

/// Settled after a millisecond, so that each restart is the first in a row, without a delay; and never
/// failed.
std::string configuration(const std::string& directory, const std::string& socket, unsigned count) {
  std::ostringstream text;
  text << "stack: {name: bench, runtime: " << directory << "/run, state: " << directory << "/state}\n"
       << "stability:\n"
       << "  start_at_once: 16\n"
       << "  restart: {delay: 1ms, up_to: 1ms, jitter: 0%, settled: 1ms, budget: 10000 in 1s}\n"
       << "logging: {directory: " << directory << "/log}\n"
       << "services:\n";
  for (unsigned i = 0; i < count; ++i)
    text << "  s" << i << ": {command: [" << HOLDFAST_BENCH_CHILD << ", " << socket << ", \"" << i
         << "\"], user: root, ready: {running: 0ms}}\n";
  return text.str();
}

/// In the child of a fork.
int execute(const std::vector<std::string>& words, const std::string& output) {
  const int fd = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(fd, STDOUT_FILENO);
  ::dup2(fd, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& word : words)
    argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  return 127;
}

} // namespace

HoldfastSide::HoldfastSide(std::string program, std::string directory, unsigned count)
    : program_(std::move(program)), directory_(std::move(directory)),
      births_(directory_ + "/holdfast.socket"), daemon_([&] {
        if (!replace_file(directory_ + "/holdfast.yaml", configuration(directory_, births_.path(), count),
                          0600))
          return 1;
        return execute(
            {program_, "run", "--config", directory_ + "/holdfast.yaml", "--cgroup", cgroup_.path()},
            directory_ + "/output");
      }),
      victim_(start(count)) {}

/// `holdfast start` ends when nothing is starting any more.
int HoldfastSide::start(unsigned count) {
  const int first = births_.wait_for_all(count, [this] { check(); });
  test::Child command([&] {
    return execute({program_, "start", "--config", directory_ + "/holdfast.yaml"}, directory_ + "/output");
  });
  if (command.wait() != 0)
    throw std::runtime_error("holdfast start: " + read_file(directory_ + "/output", 1U << 24U).value());
  return first;
}

HoldfastSide::~HoldfastSide() {
  ::kill(daemon_.pid(), SIGTERM);
  daemon_.wait();
}

Duration HoldfastSide::restart_once() {
  const MonoTime killed = read_mono();
  ::kill(victim_, SIGKILL);
  const Birth birth = births_.next([this] { check(); });
  victim_ = birth.pid;
  return MonoTime(Duration(birth.mono_ns)) - killed;
}

void HoldfastSide::check() const {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(daemon_.pid()), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
      info.si_pid == 0)
    return;
  const auto output = read_file(directory_ + "/output", 1U << 24U);
  throw std::runtime_error("holdfast run has ended: " + (output ? output.value() : output.error().what));
}

} // namespace holdfast::bench
