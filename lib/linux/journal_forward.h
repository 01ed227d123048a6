#pragma once
// Lines of services, for the journal as well (systemd's Native Journal Protocol). Their files stay what
// counts: nothing waits for the journal, nothing is sent twice. What it does not take at once is lost for it,
// counted, and told to both sides. What bounds the memory is the kernel's queue of its socket.
//
// Each line is an entry with SYSLOG_IDENTIFIER and HOLDFAST_SERVICE, the service's name, HOLDFAST_STACK,
// PRIORITY=6 and SYSLOG_FACILITY=3. Of a line that is longer than longest_message there is the beginning,
// with HOLDFAST_CUT=1. What was on its way when the process was killed may be missing.

#include "base/fd.h"
#include "base/time.h"
#include "linux/log_memory.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::linux_os {

class JournalForward {
public:
  /// Bytes; LineMax of journald.conf(5).
  static constexpr std::size_t longest_message = 48U << 10U;

  struct Options {
    std::string stack;
    std::string socket = "/run/systemd/journal/socket";
    /// One line for our own log, at most once a minute and service.
    std::function<void(std::string)> trouble;
  };

  explicit JournalForward(Options options) : options_(std::move(options)) {}

  /// What came into the service's file from the pipe: whole lines or not.
  void take(const std::string& service, LogPipeId source, std::string_view raw, MonoTime now);
  /// The pipe is closed: a line that it has left open is over.
  void ended(const std::string& service, LogPipeId source, MonoTime now);

private:
  struct Service {
    std::string fields; ///< of each of its entries, up to the message
    std::uint64_t lost = 0;
    std::optional<MonoTime> told;
  };
  /// A line whose end is still to come.
  struct Open {
    std::string text;
    bool is_cut = false;
  };
  struct Entry {
    std::string_view text;
    bool is_cut = false;
  };

  [[nodiscard]] Service& known(const std::string& name);
  void send(const std::string& name, Service& service, MonoTime now);
  [[nodiscard]] std::size_t send_some(const Service& service, const Entry* first, std::size_t count);
  [[nodiscard]] bool is_connected(MonoTime now);
  void lose(const std::string& name, Service& service, std::size_t lines, MonoTime now);

  const Options options_;
  Fd socket_;
  std::optional<MonoTime> tried_; ///< to connect
  int code_ = 0;                  ///< why the last entry was not taken
  std::map<std::string, Service> services_;
  std::map<std::uint64_t, Open> open_; ///< by the pipe's id
  std::vector<Entry> entries_;         ///< to be sent now; kept for its memory
};

} // namespace holdfast::linux_os
