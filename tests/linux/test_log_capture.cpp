#include "linux/log_capture.h"
#include "logs.h"
#include "processes.h"
#include "support/catch.h"
#include "support/deadline.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <optional>
#include <poll.h>
#include <random>
#include <set>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <thread>
#include <utility>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

constexpr LogRules never_rotate{.rotation = {.size = 1ULL << 40U}};
constexpr LogRules never_drop{.rotation = never_rotate.rotation, .when_full = LogWhenFull::block};

/// A capture, what it complained of, and its services' write ends.
class Harness {
public:
  explicit Harness(const Logs& logs, const LogRules& rules = never_rotate)
      : Harness(logs.directory.get(), rules, make_hold()) {}
  Harness(int directory_fd, const LogRules& rules, LogHold hold) {
    capture.emplace(LogCapture::Options{.directory_fd = directory_fd,
                                        .rules = rules,
                                        .trouble =
                                            [this](std::string what) {
                                              const std::lock_guard lock(mutex_);
                                              troubles_.push_back(std::move(what));
                                            },
                                        .hold = std::move(hold),
                                        .closed =
                                            [this](std::uint64_t id) {
                                              const std::lock_guard lock(mutex_);
                                              closed_.insert(id);
                                            },
                                        .full = [this] { ++calls_for_room_; }});
  }

  [[nodiscard]] Fd add(const std::string& service, bool timestamps) {
    auto pipe = LogPipe::make();
    REQUIRE(pipe);
    take_over(service, timestamps, ++last_id_, std::move(pipe.value().read));
    return std::move(pipe.value().write);
  }
  void take_over(const std::string& service, bool timestamps, std::uint64_t id, Fd read_end) {
    const auto number =
        capture->add({.service = service, .timestamps = timestamps, .id = id}, std::move(read_end));
    REQUIRE(number);
    pipes_[service].push_back(number.value());
  }

  /// All runs of the service are over.
  void finish(const std::string& service) {
    for (const LogCapture::PipeNumber pipe : std::exchange(pipes_[service], {}))
      capture->finish(pipe);
  }

  [[nodiscard]] unsigned calls_for_room() const { return calls_for_room_; }
  [[nodiscard]] std::vector<std::string> troubles() {
    const std::lock_guard lock(mutex_);
    return troubles_;
  }

  [[nodiscard]] bool is_told_closed(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    return closed_.contains(id);
  }

private:
  std::mutex mutex_;
  std::atomic<unsigned> calls_for_room_ = 0;
  std::uint64_t last_id_ = 100;
  std::set<std::uint64_t> closed_;
  std::vector<std::string> troubles_;
  std::map<std::string, std::vector<LogCapture::PipeNumber>> pipes_;

public:
  std::optional<LogCapture> capture; ///< the last one: until it is gone it calls
};

class IgnoredSigpipe {
public:
  IgnoredSigpipe() : before_(::signal(SIGPIPE, SIG_IGN)) {}
  ~IgnoredSigpipe() { ::signal(SIGPIPE, before_); }
  IgnoredSigpipe(const IgnoredSigpipe&) = delete;
  IgnoredSigpipe& operator=(const IgnoredSigpipe&) = delete;

private:
  sighandler_t before_;
};

bool is_closed(const Fd& write_end) {
  return comes_true([&] {
    pollfd poll_for{.fd = write_end.get(), .events = POLLOUT, .revents = 0};
    return ::poll(&poll_for, 1, 0) == 1 && (poll_for.revents & POLLERR) != 0;
  });
}

int bytes_in(const Fd& pipe) {
  int bytes = -1;
  REQUIRE(::ioctl(pipe.get(), FIONREAD, &bytes) == 0);
  return bytes;
}

std::set<std::string> threads() {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    found.insert(entry.path());
  return found;
}

/// How often a thread has gone to sleep or been put aside.
std::uint64_t switches_of(const std::string& task) {
  const std::string status = read_file(task + "/status", 65536).value();
  std::uint64_t sum = 0;
  for (const std::string_view key : {"\nvoluntary_ctxt_switches:\t", "\nnonvoluntary_ctxt_switches:\t"})
    sum += std::stoull(status.substr(status.find(key) + key.size()));
  return sum;
}

} // namespace

TEST_CASE("log pipe: roomy, close-on-exec, the service's end blocking") {
  const auto pipe = LogPipe::make();
  REQUIRE(pipe);
  CHECK(::fcntl(pipe.value().write.get(), F_GETPIPE_SZ) == 1 << 20);
  CHECK((::fcntl(pipe.value().read.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(pipe.value().write.get(), F_GETFL) & O_NONBLOCK) == 0);
  CHECK((::fcntl(pipe.value().read.get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(pipe.value().write.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("log capture: each line with its time, or as it is") {
  const Logs logs;
  Harness harness(logs);
  Fd redis = harness.add("redis", true);
  Fd raw = harness.add("raw", false);
  const std::string lines("one\n\nt\0o\n", 9);
  put(redis, lines);
  put(raw, lines);
  CHECK(comes_true([&] { return logs.names().size() == 2 && !logs.text("redis.log").empty(); }));
  harness.capture.reset();
  CHECK(without_stamps(logs.text("redis.log")) == lines);
  CHECK(logs.text("raw.log") == lines);
  CHECK(harness.troubles().empty());
}

TEST_CASE("log capture: a line without an end is not held back, and has one stamp") {
  const Logs logs;
  Harness harness(logs);
  const Fd redis = harness.add("redis", true);
  put(redis, "Pass");
  REQUIRE(comes_true([&] { return logs.names().size() == 1 && logs.text().ends_with(" Pass"); }));
  put(redis, "word: ");
  REQUIRE(comes_true([&] { return logs.text().ends_with(" Password: "); }));
  put(redis, "\nnext\n");
  harness.capture.reset();
  CHECK(without_stamps(logs.text()) == "Password: \nnext\n");
}

TEST_CASE("log capture: the next run begins on a line of its own") {
  const Logs logs;
  Harness harness(logs);
  Fd first = harness.add("redis", true);
  put(first, "last words");
  REQUIRE(comes_true([&] { return logs.names().size() == 1 && logs.text().ends_with("last words"); }));
  const Fd second = harness.add("redis", true);
  put(second, "first words\n");
  REQUIRE(comes_true([&] { return logs.text().ends_with("first words\n"); }));
  put(first, ", truly\n"); // both runs still write: the rest of the line is a line
  first.reset();
  harness.capture.reset();
  CHECK(without_stamps(logs.text()) == "last words\nfirst words\n, truly\n");
}

TEST_CASE("log capture: runs that end one after the other, everything that they wrote") {
  const Logs logs;
  Harness harness(logs);
  std::string expected;
  for (int run = 0; run < 20; ++run) {
    const Fd pipe = harness.add("redis", false);
    put(pipe, "run " + std::to_string(run) + "\nend");
    harness.finish("redis");
    expected += "run " + std::to_string(run) + "\nend" + (run < 19 ? "\n" : "");
    REQUIRE(is_closed(pipe));
  }
  harness.capture.reset();
  CHECK(logs.text() == expected);
}

TEST_CASE("log capture: a line of 10 MB passes through and holds nobody up") {
  const Logs logs;
  Harness harness(logs);
  Fd loud = harness.add("loud", true);
  const Fd quiet = harness.add("quiet", true);
  const std::string long_line(10U << 20U, 'x');
  std::thread writer([&] {
    put(loud, long_line);
    put(loud, "\n");
    loud.reset();
  });
  put(quiet, "still here\n");
  CHECK(comes_true([&] { return logs.names().size() == 2 && !logs.text("quiet.log").empty(); }));
  writer.join();
  harness.capture.reset();
  CHECK(without_stamps(logs.text("loud.log")) == long_line + "\n");
  CHECK(without_stamps(logs.text("quiet.log")) == "still here\n");
}

TEST_CASE(
    "log capture: in whatever pieces it is written and rotated, each byte is once in a file, in order") {
  const Logs logs;
  Harness harness(logs, {.rotation = {.size = 50000}});
  std::string all;
  std::mt19937 random(4711);
  {
    const Fd pipe = harness.add("redis", false);
    for (int i = 0; i < 3000; ++i) {
      std::string piece(random() % 300, static_cast<char>('a' + i % 26));
      if (random() % 3 != 0) piece += '\n';
      put(pipe, piece);
      all += piece;
    }
  }
  harness.capture.reset();
  auto names = logs.names();
  REQUIRE(names.size() > 5);
  std::rotate(names.begin(), names.begin() + 1, names.end()); // redis.log is the last one
  std::string found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string text = logs.text(names[i]);
    if (i + 1 < names.size()) {
      CHECK(text.ends_with('\n'));
      CHECK(text.size() >= 50000);
      CHECK(text.find('\n', 49999) == text.size() - 1); // the first line's end at or past the size
    }
    found += text;
  }
  CHECK(found == all);
}

TEST_CASE("log capture: another size counts for files that are written already") {
  const Logs logs;
  Harness harness(logs);
  {
    const Fd pipe = harness.add("redis", false);
    put(pipe, "first\n");
    REQUIRE(comes_true(20s, [&] { return !logs.names().empty() && logs.text("redis.log") == "first\n"; }));
    harness.capture->reopen({.rotation = {.size = 4096}});
    for (int i = 0; i < 11; ++i)
      put(pipe, std::string(1000, 'x') + "\n");
  }
  harness.capture.reset();
  CHECK(logs.names().size() == 3);
}

TEST_CASE("log capture: a file is put aside when its period is over, though nothing more is written") {
  const Logs logs;
  Harness harness(logs, {.rotation = {.size = 1ULL << 40U, .every = 1s}});
  const Fd redis = harness.add("redis", true);
  const Fd other = harness.add("other", true);
  put(redis, "one\n");
  REQUIRE(comes_true([&] { return logs.put_aside().size() == 1; }));
  CHECK(without_stamps(logs.text(logs.put_aside()[0])) == "one\n");
  // The new one is empty, and stays when another period is over.
  put(other, "x\n");
  REQUIRE(comes_true([&] { return logs.put_aside("other").size() == 1; }));
  CHECK(logs.put_aside().size() == 1);
  CHECK(logs.text().empty());
  CHECK(harness.troubles().empty());
}

TEST_CASE("log capture: a line that is open when the period ends is ended first") {
  const Logs logs;
  Harness harness(logs, {.rotation = {.size = 1ULL << 40U, .every = 1s}});
  const Fd redis = harness.add("redis", true);
  const Fd other = harness.add("other", true);
  put(redis, "o");
  REQUIRE(comes_true([&] { return logs.text().ends_with(" o"); }));
  put(other, "x\n");
  REQUIRE(comes_true([&] { return logs.put_aside("other").size() == 1; })); // a period is over
  put(redis, "ne");
  put(redis, "\n");
  REQUIRE(comes_true([&] { return logs.put_aside().size() == 1; }));
  CHECK(without_stamps(logs.text(logs.put_aside()[0])) == "one\n");
}

TEST_CASE("log capture: a file that somebody renamed is left to him when files are opened again") {
  const Logs logs;
  Harness harness(logs);
  const Fd redis = harness.add("redis", true);
  put(redis, "one\n");
  REQUIRE(comes_true([&] { return logs.names().size() == 1 && logs.text().ends_with("one\n"); }));
  REQUIRE(::rename(logs.path("redis.log").c_str(), logs.path("taken").c_str()) == 0);
  put(redis, "two\n");
  REQUIRE(comes_true([&] { return logs.text("taken").ends_with("two\n"); }));
  harness.capture->reopen(never_rotate);
  put(redis, "three\n");
  REQUIRE(comes_true([&] { return logs.names().size() == 2 && logs.text().ends_with("three\n"); }));
  CHECK(without_stamps(logs.text("taken")) == "one\ntwo\n");
  CHECK(without_stamps(logs.text()) == "three\n");
}

TEST_CASE(
    "log capture: without a line's end it is rotated 1 MiB past the size, and the rest has no second stamp") {
  const Logs logs;
  Harness harness(logs, {.rotation = {.size = 1000}});
  const std::string long_line(3U << 20U, 'x');
  {
    const Fd pipe = harness.add("redis", true);
    put(pipe, long_line);
    put(pipe, "\nnext\n");
  }
  harness.capture.reset();
  auto names = logs.names();
  REQUIRE(names.size() == 4);
  std::rotate(names.begin(), names.begin() + 1, names.end());
  CHECK(logs.text(names[0]).size() == 1000 + (1U << 20U));
  CHECK(logs.text(names[1]).size() == 1000 + (1U << 20U));
  std::string text;
  for (const std::string& name : names)
    text += logs.text(name);
  CHECK(without_stamps(text) == long_line + "\nnext\n");
}

TEST_CASE("log capture: a full disk drops, counts, tells, and holds up nobody") {
  const Logs logs;
  SmallDisk disk(logs.path(""));
  const auto directory = open_log_directory(logs.path(""));
  REQUIRE(directory);
  Harness harness(directory.value().get(), never_rotate, make_hold());
  const Fd write = harness.add("redis", true);
  // The file ends with a page's end: a full disk has room for a few bytes more in a page that is begun.
  const std::string half = "half" + std::string(4096 - stamp_size - 7 - stamp_size - 4, '.');
  put(write, "before\n" + half);
  REQUIRE(comes_true([&] { return logs.names().size() == 1 && logs.text().size() == 4096; }));

  disk.fill();
  const std::string line(4999, 'x');
  for (int i = 0; i < 512; ++i)
    put(write, line + "\n"); // more than pipe and disk hold
  REQUIRE(comes_true([&] { return bytes_in(write) == 0; }));
  const std::string while_full = logs.text();
  CHECK(without_stamps(while_full) == "before\n" + half);
  const std::uint64_t dropped = harness.capture->dropped("redis");
  CHECK(dropped >= 512);
  CHECK(dropped < 2 * 512); // a line that two turns dropped parts of counts twice
  const auto troubles = harness.troubles();
  REQUIRE(troubles.size() == 1); // not more than one in a minute
  CHECK(troubles[0].starts_with("redis.log: No space left on device; "));
  CHECK(troubles[0].ends_with(" dropped"));
  CHECK(harness.calls_for_room() == 1);

  disk.make_room();
  put(write, "after\n");
  REQUIRE(comes_true([&] { return logs.text().ends_with("after\n"); }));
  harness.capture.reset();
  const std::string text = without_stamps(logs.text());
  const std::string summary =
      "before\n" + half + "\nholdfast: " + std::to_string(dropped) + " lines were dropped between ";
  CHECK(text.starts_with(summary));
  CHECK(text.ends_with(": No space left on device\nafter\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 4);
}

TEST_CASE("log capture: on a full disk lines wait where they are not to be dropped") {
  const bool timestamps = GENERATE(true, false);
  const Logs logs;
  SmallDisk disk(logs.path(""));
  const auto directory = open_log_directory(logs.path(""));
  REQUIRE(directory);
  Harness harness(directory.value().get(), never_drop, make_hold());
  const Fd write = harness.add("redis", timestamps);
  disk.fill();
  std::string expected;
  for (int i = 0; i < 100; ++i)
    expected += "line " + std::to_string(i) + "\n";
  put(write, expected);
  REQUIRE(comes_true([&] { return !harness.troubles().empty(); }));
  CHECK(harness.troubles()[0] ==
        "redis.log: No space left on device; its lines wait (logging.when_full: block)");
  CHECK(harness.calls_for_room() == 1);
  CHECK(bytes_in(write) == static_cast<int>(expected.size()));
  const Fd other = harness.add("web", timestamps);
  CHECK(harness.capture->dropped("redis") == 0);

  SECTION("until there is room, in their order") {
    disk.make_room();
    put(write, "after\n");
    REQUIRE(comes_true([&] { return logs.text().ends_with("after\n"); }));
    CHECK((timestamps ? without_stamps(logs.text()) : logs.text()) == expected + "after\n");
  }
  SECTION("until it is told that they may be dropped") {
    harness.capture->reopen(never_rotate);
    REQUIRE(comes_true([&] { return harness.capture->dropped("redis") == 100; }));
    CHECK(bytes_in(write) == 0);
  }
  SECTION("though their run is over, and at the end they are counted") {
    harness.finish("redis");
    disk.make_room();
    REQUIRE(comes_true([&] { return logs.text().ends_with("line 99\n"); }));
    REQUIRE(comes_true([&] { return harness.is_told_closed(101); }));
    disk.fill();
    put(other, "lost\n");
    REQUIRE(comes_true([&] { return harness.calls_for_room() == 2; }));
    harness.finish("web");
    harness.capture.reset();
    CHECK(bytes_in(other) == 0);
  }
  SECTION("and at the end those of a run that goes on are left to the next capture") {
    harness.capture.reset();
    CHECK(bytes_in(write) == static_cast<int>(expected.size()));
  }
}

TEST_CASE("log capture: what was dropped is told at the end, though nothing more is written") {
  const Logs logs;
  SmallDisk disk(logs.path(""));
  const auto directory = open_log_directory(logs.path(""));
  REQUIRE(directory);
  Harness harness(directory.value().get(), never_rotate, make_hold());
  const Fd write = harness.add("redis", false);
  disk.fill();
  put(write, "lost\n");
  REQUIRE(comes_true([&] { return harness.capture->dropped("redis") == 1; }));
  disk.make_room();
  harness.capture.reset();
  CHECK(logs.text().starts_with("holdfast: 1 line was dropped between "));
}

TEST_CASE("log capture: a file that cannot be opened is told and counted; when it can, it is") {
  const Logs logs;
  Harness harness(logs);
  REQUIRE(::mkdir(logs.path("redis.log").c_str(), 0700) == 0);
  const Fd pipe = harness.add("redis", false);
  put(pipe, "lost\n");
  REQUIRE(comes_true([&] { return harness.capture->dropped("redis") == 1; }));
  REQUIRE(comes_true([&] { return harness.troubles().size() == 1; }));
  CHECK(harness.troubles()[0].starts_with("redis.log: "));
  REQUIRE(::rmdir(logs.path("redis.log").c_str()) == 0);
  put(pipe, "kept\n");
  harness.capture.reset();
  CHECK(logs.text().starts_with("holdfast: 1 line was dropped"));
  CHECK(logs.text().ends_with("\nkept\n"));
}

TEST_CASE("log capture: a pipe is closed at the run's end though somebody who escaped holds the other end") {
  const IgnoredSigpipe ignored;
  const Logs logs;
  Harness harness(logs);
  const Fd silent = harness.add("redis", false);
  const Fd other = harness.add("other", false);
  put(silent, "one\n");
  harness.finish("redis");
  CHECK(is_closed(silent));
  const Fd next = harness.add("redis", false); // added after finish: not meant by it
  put(next, "two\n");
  put(other, "other\n");
  harness.capture.reset();
  CHECK(logs.text() == "one\ntwo\n");
  CHECK(logs.text("other.log") == "other\n");
}

TEST_CASE("log capture: one who escaped and writes for ever is cut off, and does not delay the end") {
  const IgnoredSigpipe ignored;
  const Logs logs;
  Harness harness(logs);
  const auto write_for_ever = [](const Fd& pipe) {
    const std::string line(100, 'x');
    while (::write(pipe.get(), line.data(), line.size()) > 0) {
    }
  };
  const Fd first = harness.add("redis", false);
  std::thread flood(write_for_ever, std::cref(first));
  REQUIRE(comes_true([&] { return logs.names().size() == 1; }));
  harness.finish("redis");
  flood.join(); // its write failed: the pipe is closed
  const Fd second = harness.add("redis", false);
  std::thread another(write_for_ever, std::cref(second));
  harness.capture.reset();
  another.join();
  SUCCEED("both ended");
}

TEST_CASE("log capture: nothing written, nothing done; not when a copy of a closed pipe lives on, either") {
  const Logs logs;
  const auto before = threads();
  Harness harness(logs);
  std::vector<std::string> fresh;
  const auto after = threads();
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(fresh));
  REQUIRE(fresh.size() == 1);
  auto pipe = LogPipe::make();
  REQUIRE(pipe);
  const Fd copy(::fcntl(pipe.value().read.get(), F_DUPFD_CLOEXEC, 3));
  harness.take_over("redis", false, 1, std::move(pipe.value().read));
  const Fd idle = harness.add("idle", false);
  put(pipe.value().write, "one\n");
  REQUIRE(comes_true([&] { return logs.names().size() == 1 && logs.text() == "one\n"; }));
  harness.finish("redis");
  // The pipe has a reader still and shows nothing of its end: another's line tells that the command was
  // carried out.
  put(idle, "x\n");
  REQUIRE(comes_true([&] { return logs.names().size() == 2; }));
  put(pipe.value().write, "for the copy\n");
  // Asleep as soon as it is done, and then not woken: a thread that spins or ticks has more switches each
  // time.
  std::uint64_t seen = 0;
  CHECK(comes_true([&] {
    seen = switches_of(fresh[0]);
    ::poll(nullptr, 0, 100);
    return switches_of(fresh[0]) == seen;
  }));
  ::poll(nullptr, 0, 200);
  CHECK(switches_of(fresh[0]) == seen);
  CHECK(logs.text() == "one\n");
}

TEST_CASE("log capture: a run that wrote nothing makes no file") {
  const Logs logs;
  Harness harness(logs);
  auto raw = LogPipe::make();
  auto stamped = LogPipe::make();
  REQUIRE(raw);
  REQUIRE(stamped);
  harness.take_over("raw", false, 5, std::move(raw.value().read));
  harness.take_over("stamped", true, 6, std::move(stamped.value().read));
  raw.value().write.reset();
  stamped.value().write.reset();
  REQUIRE(comes_true([&] { return harness.is_told_closed(5) && harness.is_told_closed(6); }));
  CHECK(logs.names().empty());
}

TEST_CASE("log capture: an end that comes while a run is being finished is not missed") {
  const Logs logs;
  for (int i = 0; i < 3000; ++i) {
    Harness harness(logs);
    const Fd pipe = harness.add("redis", true);
    harness.finish("redis");
    // At another moment of what the thread does each time.
    for (std::atomic<int> pause = i % 1000 * 20; pause > 0; --pause) {
    }
    // Its destructor joins the thread: a wake-up that gets lost would hang here.
  }
}

TEST_CASE("log capture: only pipes; what is not known has dropped nothing and is finished") {
  const Logs logs;
  Harness harness(logs);
  CHECK(harness.capture->add({.service = "redis"}, Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)))
            .error()
            .code == EINVAL);
  CHECK(harness.capture->dropped("nobody") == 0);
  harness.capture->finish(4711);
}

TEST_CASE("log capture: whoever holds a pipe too is told when it may be let go") {
  const Logs logs;
  Harness harness(logs);
  auto ended = LogPipe::make();
  auto finished = LogPipe::make();
  REQUIRE(ended);
  REQUIRE(finished);
  harness.take_over("ended", true, 5, std::move(ended.value().read));
  harness.take_over("finished", true, 6, std::move(finished.value().read));
  put(ended.value().write, "one\n");
  put(finished.value().write, "one\n");
  REQUIRE(comes_true([&] { return logs.names().size() == 2; }));
  CHECK_FALSE(harness.is_told_closed(5));
  CHECK_FALSE(harness.is_told_closed(6));
  ended.value().write.reset();
  harness.finish("finished");
  CHECK(comes_true([&] { return harness.is_told_closed(5) && harness.is_told_closed(6); }));
}

TEST_CASE("log capture: the next one goes on in the middle of a line") {
  const Logs logs;
  const LogHold hold = make_hold();
  for (const bool timestamps : {true, false}) {
    const std::string service = timestamps ? "stamped" : "raw";
    auto pipe = LogPipe::make();
    REQUIRE(pipe);
    const Fd& write = pipe.value().write;
    for (const std::string_view piece : {"Pass", "word", ": \nnext", "\nlast\n"}) {
      Harness harness(logs.directory.get(), never_rotate, copy_of(hold));
      harness.take_over(service, timestamps, 3, copy_of(pipe.value().read));
      put(write, piece);
      harness.capture.reset();
      CHECK(harness.troubles().empty());
    }
    const std::string text = logs.text(service + ".log");
    CHECK((timestamps ? without_stamps(text) : text) == "Password: \nnext\nlast\n");
  }
}

TEST_CASE("log capture: nobody goes on with the line of a pipe that is gone") {
  const Logs logs;
  const LogHold hold = make_hold();
  // The second has the id of the first, and the kernel's number is another.
  const auto first = LogPipe::make();
  const auto second = LogPipe::make();
  REQUIRE(first);
  REQUIRE(second);
  for (const auto* pipe : {&first.value(), &second.value()}) {
    Harness harness(logs.directory.get(), never_rotate, copy_of(hold));
    harness.take_over("redis", true, 3, copy_of(pipe->read));
    put(pipe->write, "words");
    harness.capture.reset();
  }
  CHECK(without_stamps(logs.text()) == "words\nwords");
}

TEST_CASE("log capture: the next one tells of what was dropped before it") {
  const Logs logs;
  const LogHold hold = make_hold();
  SmallDisk disk(logs.path(""));
  const auto directory = open_log_directory(logs.path(""));
  REQUIRE(directory);
  disk.fill();
  const auto pipe = LogPipe::make();
  REQUIRE(pipe);
  for (int i = 0; i < 2; ++i) {
    put(pipe.value().write, "lost\n");
    Harness harness(directory.value().get(), never_rotate, copy_of(hold));
    harness.take_over("redis", false, 3, copy_of(pipe.value().read));
    harness.capture.reset();
  }
  disk.make_room();
  put(pipe.value().write, "kept\n");
  Harness harness(directory.value().get(), never_rotate, copy_of(hold));
  harness.take_over("redis", false, 3, copy_of(pipe.value().read));
  CHECK(harness.capture->dropped("redis") == 2);
  harness.capture.reset();
  CHECK(logs.text().starts_with("holdfast: 2 lines were dropped between "));
  CHECK(logs.text().ends_with(": No space left on device\nkept\n"));
}

TEST_CASE("log capture: without what is to be held nothing is captured; and that is said") {
  const Logs logs;
  Harness harness(logs.directory.get(), never_rotate, LogHold{});
  auto pipe = LogPipe::make();
  REQUIRE(pipe);
  const auto added = harness.capture->add({.service = "redis"}, std::move(pipe.value().read));
  CHECK(added.error().what == "memory of the logs: Bad file descriptor");
}
