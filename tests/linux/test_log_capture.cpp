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
#include <sys/mount.h>
#include <sys/stat.h>
#include <thread>
#include <utility>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

constexpr std::uint64_t never_rotate = 1ULL << 40U;
constexpr std::size_t stamp_size = 28;

void put(const Fd& pipe, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(pipe.get(), bytes.data(), bytes.size());
    if (n < 0) throw std::runtime_error("write to the pipe");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// A capture, what it complained of, and its services' write ends.
class Harness {
public:
  explicit Harness(const Logs& logs, std::uint64_t rotate_size = never_rotate) {
    capture.emplace(logs.directory.get(), rotate_size, [this](std::string what) {
      const std::lock_guard lock(mutex_);
      troubles_.push_back(std::move(what));
    });
  }

  [[nodiscard]] Fd add(const std::string& service, bool timestamps) {
    auto pipe = LogPipe::make();
    REQUIRE(pipe);
    const auto number = capture->add(service, timestamps, std::move(pipe.value().read));
    REQUIRE(number);
    pipes_[service].push_back(number.value());
    return std::move(pipe.value().write);
  }

  /// All runs of the service are over.
  void finish(const std::string& service) {
    for (const LogCapture::PipeNumber pipe : std::exchange(pipes_[service], {}))
      capture->finish(pipe);
  }

  [[nodiscard]] std::vector<std::string> troubles() {
    const std::lock_guard lock(mutex_);
    return troubles_;
  }

  std::optional<LogCapture> capture;

private:
  std::mutex mutex_;
  std::vector<std::string> troubles_;
  std::map<std::string, std::vector<LogCapture::PipeNumber>> pipes_;
};

/// Whether a line begins with "2026-11-24T06:53:30.123456Z ".
bool is_stamped(std::string_view line) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd.ddddddZ ";
  if (line.size() < form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == 'd' ? line[i] < '0' || line[i] > '9' : line[i] != form[i]) return false;
  return true;
}

/// The text with each line's stamp taken off; "(no stamp)" stands where one is missing.
std::string without_stamps(std::string_view text) {
  std::string bare;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n') + 1);
    const std::string_view whole = line.empty() ? text : line;
    bare += is_stamped(whole) ? whole.substr(stamp_size) : std::string("(no stamp)").append(whole);
    text.remove_prefix(whole.size());
  }
  return bare;
}

class SmallDisk {
public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    REQUIRE(::mount("tmpfs", path_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=256k,mode=0750") == 0);
  }
  ~SmallDisk() { ::umount2(path_.c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  void fill() {
    const Fd fd(::open((path_ + "/filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(fd.valid());
    const std::string block(4096, 'x');
    while (::write(fd.get(), block.data(), block.size()) > 0) {
    }
    REQUIRE(errno == ENOSPC);
  }
  void make_room() { REQUIRE(::unlink((path_ + "/filler").c_str()) == 0); }

private:
  std::string path_;
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
  Harness harness(logs, 50000);
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
    harness.capture->rotate_at(4096);
    for (int i = 0; i < 11; ++i)
      put(pipe, std::string(1000, 'x') + "\n");
  }
  harness.capture.reset();
  CHECK(logs.names().size() == 3);
}

TEST_CASE(
    "log capture: without a line's end it is rotated 1 MiB past the size, and the rest has no second stamp") {
  const Logs logs;
  Harness harness(logs, 1000);
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
  std::mutex mutex;
  std::vector<std::string> troubles;
  std::optional<LogCapture> capture;
  capture.emplace(directory.value().get(), never_rotate, [&](std::string what) {
    const std::lock_guard lock(mutex);
    troubles.push_back(std::move(what));
  });
  auto pipe = LogPipe::make();
  REQUIRE(pipe);
  REQUIRE(capture->add("redis", true, std::move(pipe.value().read)));
  const Fd write = std::move(pipe.value().write);
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
  const std::uint64_t dropped = capture->dropped("redis");
  CHECK(dropped >= 512);
  CHECK(dropped < 2 * 512); // a line that two turns dropped parts of counts twice
  {
    const std::lock_guard lock(mutex);
    REQUIRE(troubles.size() == 1); // not more than one in a minute
    CHECK(troubles[0].starts_with("redis.log: No space left on device; "));
    CHECK(troubles[0].ends_with(" dropped"));
  }

  disk.make_room();
  put(write, "after\n");
  REQUIRE(comes_true([&] { return logs.text().ends_with("after\n"); }));
  capture.reset();
  const std::string text = without_stamps(logs.text());
  const std::string summary =
      "before\n" + half + "\nholdfast: " + std::to_string(dropped) + " lines were dropped between ";
  CHECK(text.starts_with(summary));
  CHECK(text.ends_with(": No space left on device\nafter\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 4);
}

TEST_CASE("log capture: what was dropped is told at the end, though nothing more is written") {
  const Logs logs;
  SmallDisk disk(logs.path(""));
  const auto directory = open_log_directory(logs.path(""));
  REQUIRE(directory);
  std::optional<LogCapture> capture;
  capture.emplace(directory.value().get(), never_rotate, [](const std::string&) {});
  auto pipe = LogPipe::make();
  REQUIRE(pipe);
  REQUIRE(capture->add("redis", false, std::move(pipe.value().read)));
  disk.fill();
  put(pipe.value().write, "lost\n");
  REQUIRE(comes_true([&] { return capture->dropped("redis") == 1; }));
  disk.make_room();
  capture.reset();
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
  const auto number = harness.capture->add("redis", false, std::move(pipe.value().read));
  REQUIRE(number);
  const Fd idle = harness.add("idle", false);
  put(pipe.value().write, "one\n");
  REQUIRE(comes_true([&] { return logs.names().size() == 1 && logs.text() == "one\n"; }));
  harness.capture->finish(number.value());
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
  CHECK(harness.capture->add("redis", true, Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC))).error().code ==
        EINVAL);
  CHECK(harness.capture->dropped("nobody") == 0);
  harness.capture->finish(4711);
}
