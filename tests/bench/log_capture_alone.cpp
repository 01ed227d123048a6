// Our capture in a process of its own, for the measurement of the logs: bench_log_capture raw|stamped
// DIRECTORY captures its stdin, which is a pipe, until its end.

#include "linux/log_capture.h"

#include <cstdio>
#include <fcntl.h>
#include <semaphore>
#include <string_view>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::linux_os;

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const Fd directory(::open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  auto hold = LogHold::make();
  if (!directory.valid() || !hold || ::fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK) != 0) return 1;
  std::binary_semaphore closed(0);
  LogCapture capture({.directory_fd = directory.get(),
                      .rules = {.rotation = {.size = 1ULL << 40U}},
                      .trouble = [](const std::string& what) { std::fprintf(stderr, "%s\n", what.c_str()); },
                      .hold = std::move(hold).value(),
                      .closed = [&](std::uint64_t) { closed.release(); }});
  const bool timestamps = std::string_view(argv[1]) == "stamped";
  if (!capture.add({.service = "bench", .timestamps = timestamps, .id = 1}, Fd(::dup(STDIN_FILENO))))
    return 1;
  closed.acquire();
  return 0;
}
