#pragma once

#include "base/time.h"
#include "model/stack.h"

#include <string>

namespace holdfast::engine {

/// What the service manager is told of the stack, in the words of sd_notify(3). Level-triggered: each call of
/// due() compares what is so with what was said last.
///
/// READY=1 when the stack first works or is degraded, or when it waits for an operator's command instead;
/// from then on it is repeated, so that none can be lost. STOPPING=1 when the daemon is to end.
/// EXTEND_TIMEOUT_USEC while it starts and while it ends: until the stack's own bound, and a little for what
/// comes after that.
class Notices {
public:
  /// The datagram that is to be sent now, at most wire::longest_notice bytes; empty where all was said.
  [[nodiscard]] std::string due(const model::Stack& stack, MonoTime now);

  /// The datagrams before and after a reload; empty while the manager still waits for our start, which the
  /// second would end, and when we are about to go.
  [[nodiscard]] std::string before_reload() const;
  [[nodiscard]] std::string after_reload() const;

private:
  [[nodiscard]] std::string extension(const model::Stack& stack, MonoTime now);

  std::string status_;
  bool ready_ = false;
  bool stopping_ = false;
  MonoTime promised_{}; ///< the manager waits that long
};

/// One line: "working: 10 of 10 services", "broken: 9 of 10 services; rabbitmq is failed: …; door closed".
[[nodiscard]] std::string status_line(const model::Stack& stack);

} // namespace holdfast::engine
