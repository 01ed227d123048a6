#pragma once
// A process that captures logs and is killed, and what it is given anew each time.

#include "linux/log_capture.h"
#include "logs.h"
#include "processes.h"

#include <atomic>
#include <cstdint>
#include <semaphore>
#include <string>
#include <sys/mman.h>
#include <vector>

namespace holdfast::test {

/// A pipe of a service, as it is held.
struct HeldPipe {
  std::string service;
  bool timestamps = true;
  linux_os::LogPipe pipe;

  static HeldPipe make(std::string service, bool timestamps) {
    auto made = linux_os::LogPipe::make();
    REQUIRE(made);
    return {std::move(service), timestamps, std::move(made).value()};
  }
};

/// Memory that this process and its children share, zero at first.
template <typename T>
class Shared {
public:
  Shared() {
    void* const at = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(at != MAP_FAILED);
    at_ = static_cast<T*>(at);
  }
  ~Shared() { ::munmap(at_, sizeof(T)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  T* operator->() const { return at_; }

private:
  T* at_;
};

/// All that captures one after the other share.
struct Relay {
  int directory_fd = -1;
  std::uint64_t rotate_size = 0;
  linux_os::LogHold hold = make_hold();
  std::vector<HeldPipe> pipes;
  int started_fd = -1; ///< where it is not -1, gets a byte when a capture has all pipes

  enum class Until { empty, closed };
  /// In a child: captures until the pipes are empty, or until they are closed at the other end. Exits 0 where
  /// there was no trouble.
  [[nodiscard]] int run(Until until) const {
    std::counting_semaphore<> closed(0);
    std::atomic<int> troubles = 0;
    {
      linux_os::LogCapture capture({.directory_fd = directory_fd,
                                    .rules = {.rotation = {.size = rotate_size}},
                                    .trouble = [&](const std::string&) { ++troubles; },
                                    .hold = copy_of(hold),
                                    .closed = [&](std::uint64_t) { closed.release(); }});
      for (std::size_t i = 0; i < pipes.size(); ++i)
        if (!capture.add({.service = pipes[i].service, .timestamps = pipes[i].timestamps, .id = i},
                         copy_of(pipes[i].pipe.read)))
          return 2;
      if (started_fd != -1 && ::write(started_fd, "x", 1) != 1) return 3;
      if (until == Until::closed)
        for (std::size_t i = 0; i < pipes.size(); ++i)
          closed.acquire();
    }
    return troubles == 0 ? 0 : 1;
  }
};

} // namespace holdfast::test
