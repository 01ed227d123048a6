#include "engine/report.h"

#include "base/file.h"
#include "linux/processes.h"
#include "support/catch.h"

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

} // namespace

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
