#pragma once
// A client that comes each millisecond and must never be turned away.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace holdfast::test {

class Visitor {
public:
  /// Connects to 127.0.0.1:port from now on.
  explicit Visitor(int port);
  ~Visitor();
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;

  [[nodiscard]] std::uint64_t visits() const { return visits_; }
  /// The first visit that was refused, in words; empty: none.
  [[nodiscard]] std::string failure() const;

private:
  void work();
  void visit();

  int port_;
  std::atomic<bool> ending_ = false;
  std::atomic<std::uint64_t> visits_ = 0;
  mutable std::mutex mutex_; ///< guards what follows
  std::string failure_;
  std::thread thread_;
};

} // namespace holdfast::test
