#pragma once
// Kills an engine at its n-th system call: the engines of a stack ask at a socket before they begin
// (traced_engine.cpp), and one that is to be killed is traced from its exec on, with all its threads. What it
// starts is not traced.

#include "base/fd.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace holdfast::test {

/// Where an engine dies: before its call of that number takes place, or after it has.
struct Cut {
  std::uint64_t call = 0; ///< counts from 1, over all threads
  bool before = true;
};

/// What became of an engine that was traced.
struct Traced {
  std::uint64_t calls = 0; ///< that it made, or began
  bool was_cut = false;
  std::uint64_t number = 0; ///< of the call at which it was killed, as in <sys/syscall.h>
};

class Tracer {
public:
  /// Listens at this path. From now on engines go free.
  explicit Tracer(const std::string& path);
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  /// The next engines that ask, so many, are traced and killed there; those after them go free.
  void cut_next(const Cut& cut, unsigned engines = 1);
  /// Waits for the end of the engine that cut_next() was about. Throws where it does not come in time.
  [[nodiscard]] Traced outcome();

private:
  void work();
  void serve(int client);
  [[nodiscard]] static Traced trace(int pid, const Cut& cut, int client);

  Fd listener_;
  Fd end_; ///< the thread ends when it can be read
  std::mutex mutex_;
  Cut next_;
  unsigned engines_ = 0; ///< that are still to be cut
  std::optional<Traced> outcome_;
  std::condition_variable ended_;
  std::thread thread_;
};

} // namespace holdfast::test
