#include "engine/leaf_watch.h"

namespace holdfast::engine {

LeafWatch::LeafWatch(boost::asio::io_context& loop, const linux_os::Leaf& leaf, std::function<void()> emptied)
    : leaf_(leaf), events_(loop, leaf.events_fd()), emptied_(std::move(emptied)) {
  // No look here: what changed since the descriptor was last read, or that it never was, wakes us.
  wait();
}

LeafWatch::~LeafWatch() {
  events_.release();
}

void LeafWatch::look() {
  const auto populated = leaf_.populated();
  if (populated && populated.value()) return wait();
  // The callback may destroy this watch: it is not touched afterwards.
  if (auto emptied = std::exchange(emptied_, nullptr)) emptied();
}

void LeafWatch::wait() {
  events_.async_wait(boost::asio::posix::stream_descriptor::wait_error,
                     [this](boost::system::error_code error) {
                       if (!error) look();
                     });
}

} // namespace holdfast::engine
