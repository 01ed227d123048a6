#pragma once

#include "base/time.h"

#include <string>
#include <string_view>

namespace holdfast::anchor {

/// Who started us and wants to hear of it: systemd's end of sd_notify(3), $NOTIFY_SOCKET. Where there is
/// none, nothing here does anything.
class ServiceManager {
public:
  ServiceManager() = default;
  /// Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment: whoever we start must not
  /// speak for us.
  [[nodiscard]] static ServiceManager from_environment();

  /// Sends one datagram, as it is. Waits a second at most where the manager does not read.
  void tell(std::string_view datagram) const;

  /// WATCHDOG=1, when a third of the time that the manager allows is over. To be called in each turn of a
  /// loop that sleeps no longer than until_pulse().
  void pulse(MonoTime now);
  /// Milliseconds as poll(2) takes them; -1 where no pulse is wanted.
  [[nodiscard]] int until_pulse(MonoTime now) const;

private:
  std::string address_; ///< a path, or a name of the abstract namespace, which starts with '\0'
  Duration every_{};    ///< zero: no watchdog
  MonoTime next_{};
};

} // namespace holdfast::anchor
