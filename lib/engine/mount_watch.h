#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>

namespace holdfast::engine {

/// Calls back, from the loop, whenever something was mounted, unmounted or remounted (proc(5), mountinfo).
class MountWatch {
public:
  MountWatch(boost::asio::io_context& loop, std::function<void()> changed)
      : mounts_(loop), changed_(std::move(changed)) {}

  [[nodiscard]] Status open();

private:
  void wait();

  boost::asio::posix::stream_descriptor mounts_;
  std::function<void()> changed_;
};

} // namespace holdfast::engine
