#include "engine/pulse.h"

#include <chrono>

namespace holdfast::engine {

Pulse::Pulse(boost::asio::io_context& loop, wire::EngineLife& life) : timer_(loop), life_(life) {
  timer_.expires_after({});
  beat();
}

void Pulse::beat() {
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    ++life_.pulse;
    timer_.expires_after(std::chrono::milliseconds(500));
    beat();
  });
}

} // namespace holdfast::engine
