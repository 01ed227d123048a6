// A capture that is killed before and after each of its system calls in turn: whoever comes next ends what it
// began, and the files are those of a capture that nobody killed.

#include "log_relay.h"

#include <algorithm>
#include <functional>
#include <sys/ptrace.h>
#include <sys/wait.h>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

LogPipe blocking_pipe() {
  auto made = LogPipe::make();
  REQUIRE(made);
  REQUIRE(::fcntl(made.value().read.get(), F_SETFL, 0) == 0);
  return std::move(made).value();
}

/// Runs in a child that is stopped before and after each system call of each of its threads, and is killed at
/// such a stop.
class Traced {
public:
  explicit Traced(const std::function<int()>& body)
      : child_([this, &body] {
          char byte = 0;
          return ::read(start_.read.get(), &byte, 1) == 1 ? body() : 99;
        }) {
    constexpr auto options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    REQUIRE(::ptrace(PTRACE_SEIZE, child_.pid(), nullptr, options) == 0);
    REQUIRE(::ptrace(PTRACE_INTERRUPT, child_.pid(), nullptr, nullptr) == 0);
    put(start_.write, "x");
  }

  /// Kills it at the stop of that number, from 1. Returns false where it came to its end before, with at most
  /// that code.
  bool kill_at(int number, int most) {
    int stops = 0;
    for (;;) {
      int status = 0;
      const pid_t task = ::waitpid(-1, &status, __WALL);
      REQUIRE(task > 0);
      if (!WIFSTOPPED(status)) {
        if (task != child_.pid()) continue; // one of its threads
        child_.forget();
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) <= most);
        return false;
      }
      if (WSTOPSIG(status) == (SIGTRAP | 0x80) && ++stops == number) return kill();
      ::ptrace(PTRACE_SYSCALL, task, nullptr, nullptr);
    }
  }

private:
  bool kill() {
    REQUIRE(::kill(child_.pid(), SIGKILL) == 0);
    int status = 0;
    while (::waitpid(-1, &status, __WALL) != child_.pid() || WIFSTOPPED(status)) {
    }
    child_.forget();
    CHECK(WIFSIGNALED(status));
    return true;
  }

  LogPipe start_ = blocking_pipe();
  Child child_;
};

constexpr std::uint64_t size_of_file = 4096;
constexpr std::string_view put_aside = "(put aside)\n";

/// The lines as they are distributed over files, each with so much in front.
std::string in_files(std::string_view lines, std::size_t in_front) {
  std::string all;
  std::size_t size = 0;
  while (!lines.empty()) {
    if (size >= size_of_file) all += put_aside;
    if (size >= size_of_file) size = 0;
    const std::size_t line = std::min(lines.find('\n'), lines.size() - 1) + 1;
    all += lines.substr(0, line);
    size += in_front + line;
    lines.remove_prefix(line);
  }
  return all;
}

/// What two services wrote, one with timestamps, and where it is to go.
class Scene {
public:
  Scene() : disk_(logs.path("")) {
    auto opened = open_log_directory(logs.path(""));
    REQUIRE(opened);
    directory_ = std::move(opened).value();
    relay.directory_fd = directory_.get();
    relay.rotate_size = size_of_file;
    for (const bool timestamps : {true, false})
      relay.pipes.push_back(HeldPipe::make(timestamps ? "stamped" : "raw", timestamps));
  }

  void fill_disk() {
    disk_.fill();
    disk_was_full_ = true;
  }
  void make_room() { disk_.make_room(); }
  void write(std::string_view bytes) {
    for (const HeldPipe& held : relay.pipes)
      put(held.pipe.write, bytes);
  }
  /// Nobody writes any more.
  void hang_up() {
    for (HeldPipe& held : relay.pipes)
      held.pipe.write.reset();
  }
  /// A capture from its beginning to its end.
  void capture() {
    Child child([this] { return relay.run(Relay::Until::empty); });
    const int status = child.wait();
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) <= (disk_was_full_ ? 1 : 0));
  }
  /// One that is killed at that stop, one that is killed at another while it deals with what it found, and
  /// one that comes to its end. False where the first did already.
  bool capture_killed_at(int stop) {
    if (!killed_at(stop)) return false;
    if (killed_at(stop * 7 % 150 + 1)) capture();
    return true;
  }

  /// All that is in the files of a service, in order and without the times.
  [[nodiscard]] std::string text(const std::string& service) const {
    const auto bare = [&](const std::string& name) {
      return service == "stamped" ? without_stamps(logs.text(name)) : logs.text(name);
    };
    std::string all;
    for (const std::string& name : logs.names())
      if (name.starts_with(service + ".log-")) all += bare(name).append(put_aside);
    return all + bare(service + ".log");
  }

  Logs logs;
  Relay relay;

private:
  bool killed_at(int stop) {
    Traced traced([this] { return relay.run(Relay::Until::empty); });
    return traced.kill_at(stop, disk_was_full_ ? 1 : 0);
  }

  bool disk_was_full_ = false;
  SmallDisk disk_;
  Fd directory_;
};

/// For each stop a new scene, until the script is at its end before; what is seen must always be the same.
void at_each_stop(const std::function<bool(Scene&, int stop)>& script,
                  const std::function<void(const Scene&)>& check) {
  constexpr int some = 100;
  int stop = 1;
  for (bool killed = true; killed; ++stop) {
    Scene scene;
    killed = script(scene, stop);
    INFO("stop " << stop);
    check(scene);
  }
  CHECK(stop > some); // it did something
}

/// Without its two times.
std::string without_times(std::string text) {
  const std::size_t between = text.find(" dropped between ");
  const std::size_t end = text.find(": ", between);
  if (between == std::string::npos || end == std::string::npos) return text;
  return text.replace(between, end - between, " dropped");
}

} // namespace

TEST_CASE("log capture: killed at each system call of turns and rotations") {
  std::string lines;
  for (int i = 0; i < 60; ++i)
    lines += std::to_string(i) + std::string(150, 'x') + "\n";
  lines += "without an end";
  const std::string raw = in_files(lines, 0);
  const std::string stamped = in_files(lines, stamp_size);
  REQUIRE(raw != stamped);
  at_each_stop(
      [&](Scene& scene, int stop) {
        scene.write(lines);
        scene.hang_up();
        return scene.capture_killed_at(stop);
      },
      [&](const Scene& scene) {
        CHECK(scene.text("raw") == raw);
        CHECK(scene.text("stamped") == stamped);
      });
}

TEST_CASE("log capture: killed at each system call of dropping and of telling") {
  const bool while_dropping = GENERATE(true, false);
  at_each_stop(
      [&](Scene& scene, int stop) {
        bool killed = false;
        scene.fill_disk();
        scene.write("one\ntwo\nthree\nhalf");
        if (while_dropping)
          killed = scene.capture_killed_at(stop);
        else
          scene.capture();
        scene.make_room();
        scene.write(" and half\nafter\n");
        if (while_dropping)
          scene.capture();
        else
          killed = scene.capture_killed_at(stop);
        return killed;
      },
      [&](const Scene& scene) {
        const std::string expected =
            "holdfast: 4 lines were dropped: No space left on device\n and half\nafter\n";
        CHECK(without_times(scene.text("raw")) == expected);
        CHECK(without_times(scene.text("stamped")) == expected);
      });
}
