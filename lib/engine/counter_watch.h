#pragma once

#include "base/fd.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string>

namespace holdfast::engine {

/// Tells each time that a file of a cgroup changed which the kernel announces (memory.events, pids.events,
/// cgroup.events). Changes that follow each other closely may be told once. Destroying it ends the watch.
class CounterWatch {
public:
  /// `changed` is called from the loop, never from here, and may destroy the watch. Null where the file is
  /// not there, as without its controller.
  [[nodiscard]] static std::unique_ptr<CounterWatch>
  open(boost::asio::io_context& loop, const std::string& path, std::function<void()> changed);
  CounterWatch(boost::asio::io_context& loop, Fd file, std::function<void()> changed);

private:
  void wait();
  /// From then on the next change wakes us.
  void arm();

  boost::asio::posix::stream_descriptor file_;
  std::function<void()> changed_;
};

} // namespace holdfast::engine
