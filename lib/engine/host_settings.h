#pragma once

#include "engine/runs.h"
#include "model/events.h"
#include "model/stack.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <string>

namespace holdfast::engine {

/// Whether the machine is set as services need it: looked at when the stack has another spec, before each
/// start, and every few seconds while one is not.
class HostSettings {
public:
  HostSettings(boost::asio::io_context& loop, const model::Stack& stack, Happened happened)
      : stack_(stack), happened_(std::move(happened)), timer_(loop) {}

  void look();

  /// Why a service must not be started in this very moment, in words; empty where all is as it needs it.
  [[nodiscard]] std::string refusal(ServiceId service) const;

private:
  const model::Stack& stack_;
  Happened happened_;
  boost::asio::steady_timer timer_;
  std::map<std::string, std::string>
      told_; ///< by the condition's name: what is wrong, empty where nothing is
};

} // namespace holdfast::engine
