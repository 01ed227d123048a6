#include "engine/report.h"

#include "base/file.h"
#include "linux/processes.h"
#include "support/catch.h"

#include <array>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;

namespace {

struct OutputPipe {
  Fd read;
  Fd write;
  OutputPipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
};

/// What comes until `text` has come; all of it where it does not come.
std::string read_until(int fd, const std::string& text) {
  std::string all;
  std::array<char, 4096> part{};
  while (all.find(text) == std::string::npos && becomes_readable(fd)) {
    const ssize_t n = ::read(fd, part.data(), part.size());
    if (n <= 0) break;
    all.append(part.data(), static_cast<std::size_t>(n));
  }
  return all;
}

std::size_t times_in(const std::string& text, const std::string& what) {
  std::size_t times = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
    ++times;
  return times;
}

/// How many lines are told to be missing, all in all.
std::size_t told_missing(const std::string& text) {
  const std::string words = " of this log w";
  std::size_t missing = 0;
  for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + words.size())) {
    const auto number = text.rfind(' ', text.rfind(" line", at) - 1) + 1;
    missing += std::stoul(text.substr(number));
  }
  return missing;
}

} // namespace

TEST_CASE("report: lines that gave way are told when it is read again and not only at the end") {
  constexpr std::size_t lines = 5000;
  OutputPipe pipe;
  OutputPipe all_given;
  Child writer([&] {
    ::dup2(pipe.write.get(), STDOUT_FILENO);
    Report report;
    for (std::size_t i = 0; i < lines; ++i)
      report.note("line " + std::string(200, 'x'));
    report.note("the last one");
    // It goes on: nothing is told because of an end.
    static_cast<void>(::write(all_given.write.get(), "!", 1));
    ::pause();
    return 0;
  });
  REQUIRE(becomes_readable(all_given.read.get()));
  const std::string text = read_until(pipe.read.get(), "the last one\n");
  const std::size_t written = times_in(text, "line xxx");
  CHECK(written < lines);
  CHECK(told_missing(text) == lines - written);
  // Where they are missing, not behind all.
  CHECK(text.find("nobody read it") < text.rfind("line xxx"));
}

TEST_CASE("report: a reader that stands still holds nobody up") {
  OutputPipe pipe;
  Child writer([&] {
    ::dup2(pipe.write.get(), STDOUT_FILENO);
    Report report;
    // Some megabytes into a pipe of 64 KiB that nobody reads.
    for (int i = 0; i < 20'000; ++i)
      report.note(std::string(200, 'x'));
    report.drain();
    ::_exit(0);
    return 0;
  });
  CHECK(writer.wait() == 0);
}

TEST_CASE("report: what was told is written before the end") {
  OutputPipe pipe;
  Child writer([&] {
    ::dup2(pipe.write.get(), STDOUT_FILENO);
    Report report;
    report.event({.sequence = 1,
                  .time = {},
                  .service = "redis",
                  .run = 1,
                  .from = "starting",
                  .to = "ready",
                  .why = "",
                  .took = std::chrono::milliseconds(50)},
                 "stack");
    report.event({.sequence = 2,
                  .time = {},
                  .service = "redis",
                  .run = 1,
                  .from = "ready",
                  .to = "ready",
                  .why = "its live probe failed once",
                  .took = {}},
                 "stack");
    report.drain();
    ::_exit(0);
    return 0;
  });
  CHECK(writer.wait() == 0);
  pipe.write.reset();
  const std::string text = read_all(pipe.read.get(), 4096).value();
  CHECK(text.find("redis            starting -> ready         0.05 s\n") != std::string::npos);
  CHECK(text.find("redis            ready     its live probe failed once\n") != std::string::npos);
}
