#pragma once

#include "wire/last_stop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace holdfast::engine {

/// Shows the anchor that the loop turns: twice a second, so that one late turn is no silence. An engine whose
/// pulse stands still for 10 s is killed.
class Pulse {
public:
  /// Beats from the loop's first turn on.
  Pulse(boost::asio::io_context& loop, wire::EngineLife& life);

private:
  void beat();

  boost::asio::steady_timer timer_;
  wire::EngineLife& life_;
};

} // namespace holdfast::engine
