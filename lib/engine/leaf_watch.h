#pragma once

#include "linux/cgroup.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>

namespace holdfast::engine {

/// Waits for a leaf to be empty, once. Destroying it ends the wait.
class LeafWatch {
public:
  /// `emptied` is called from the loop, never from here. The leaf's descriptor is borrowed and outlives the
  /// watch.
  LeafWatch(boost::asio::io_context& loop, const linux_os::Leaf& leaf, std::function<void()> emptied);
  ~LeafWatch();
  LeafWatch(const LeafWatch&) = delete;
  LeafWatch& operator=(const LeafWatch&) = delete;

private:
  void look();
  void wait();

  const linux_os::Leaf& leaf_;
  boost::asio::posix::stream_descriptor
      events_; ///< borrows the leaf's: a watch must not fail for want of one
  std::function<void()> emptied_;
};

} // namespace holdfast::engine
