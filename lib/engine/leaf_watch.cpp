#include "engine/leaf_watch.h"

#include <fcntl.h>

namespace holdfast::engine {

LeafWatch::LeafWatch(boost::asio::io_context& loop, const linux_os::Leaf& leaf, std::function<void()> emptied)
    : leaf_(leaf), events_(loop, ::fcntl(leaf.events_fd(), F_DUPFD_CLOEXEC, 0)),
      emptied_(std::move(emptied)) {
  // Armed before the first look: a change between the two wakes us.
  wait();
  look();
}

void LeafWatch::look() {
  const auto populated = leaf_.populated();
  if (populated && populated.value()) return;
  boost::system::error_code ignored;
  events_.cancel(ignored);
  // The callback may destroy this watch: it is not touched afterwards.
  if (auto emptied = std::exchange(emptied_, nullptr)) emptied();
}

void LeafWatch::wait() {
  events_.async_wait(boost::asio::posix::stream_descriptor::wait_error,
                     [this](boost::system::error_code error) {
                       if (error) return;
                       wait();
                       look();
                     });
}

} // namespace holdfast::engine
