#pragma once
// HTTP on 127.0.0.1 as the tests of the door need it: an application that remembers what reached it, and
// visitors who remember what they were told.

#include "base/fd.h"
#include "support/deadline.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::test {

/// Answers each request with 200 and remembers its path. Lives in a thread of the test.
class Application {
public:
  Application();
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] bool was_asked_for(const std::string& path) const;

private:
  void serve();

  Fd listener_;
  int port_ = 0;
  Fd end_;
  mutable std::mutex mutex_;
  std::set<std::string> paths_;
  std::thread thread_;
};

/// What one request came to.
struct Visit {
  std::string path;
  std::chrono::steady_clock::time_point began; ///< before the last byte of its head was sent
  std::chrono::steady_clock::time_point ended; ///< when it was answered
  int status = 0;                              ///< 0: no answer
  bool retry_after = false;
};

/// A connection on which requests are made one after the other.
class Visitor {
public:
  explicit Visitor(int port) : port_(port) {}
  /// `keep`: the connection is used again, where the server lets it.
  Visit visit(const std::string& path, bool keep);
  /// Sends the head of a request but for its last line.
  void begin(const std::string& path);
  Visit finish(const std::string& path);

private:
  void connect();
  Visit answer(Visit visit);

  int port_;
  Fd socket_;
};

/// Visitors who come without pause, half of them on connections that they keep.
class Crowd {
public:
  Crowd(int port, int visitors);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  /// Until so many more requests were answered. False where that takes too long.
  [[nodiscard]] bool makes(int more);
  /// Ends them, and tells all that they lived through.
  [[nodiscard]] std::vector<Visit> leave();

private:
  void come(int who, int port);

  std::atomic<bool> leaving_{false};
  std::atomic<int> made_{0};
  std::mutex mutex_;
  std::vector<Visit> visits_;
  std::vector<std::thread> threads_;
};

} // namespace holdfast::test
