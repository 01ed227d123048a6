#pragma once
// The server's side of sd_notify(3): one datagram socket for each service. A sender is believed only when its
// process is in the cgroup that the caller names (security.md: a root sender can forge a pid, so the kernel's
// credentials are checked against /proc/PID/cgroup while the process is held by a pidfd).

#include "base/fd.h"
#include "base/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::linux_os {

constexpr std::size_t most_notification_bytes = 4096;

/// The assignments that we understand, of one datagram. One that holds none of them (BARRIER=1) is empty, not
/// wrong.
struct Notification {
  int sender = 0; ///< pid by the kernel's credentials
  bool ready = false;
  bool stopping = false;
  bool reloading = false;
  bool watchdog = false;
  std::optional<std::chrono::microseconds> extend;
  std::optional<int> main_pid;
  std::string status; ///< valid UTF-8 without control characters, at most 256 bytes
};

/// Parses one datagram's text; lines that are not understood are passed over. Nothing for an empty or
/// overlong text (more than most_notification_bytes), NUL bytes, or invalid UTF-8.
[[nodiscard]] std::optional<Notification> parse_notification(std::string_view text);

class NotifySocket {
public:
  /// Binds `path` (removing what an earlier daemon left there), mode 0666 so that any user may send,
  /// SO_PASSCRED, non-blocking, close-on-exec. The directory must be root's and not writable by others.
  [[nodiscard]] static Result<NotifySocket> bind(const std::string& path);

  /// One that an earlier process bound there.
  [[nodiscard]] static NotifySocket adopt(const std::string& path, Fd fd) {
    return NotifySocket(path, std::move(fd));
  }

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Looks at the datagrams that are there, at most `most`, and takes each away when `heard` has returned:
  /// what a process was about to act upon when it was killed is heard by the next one. Each is checked:
  /// truncated, without credentials, unparsable or sent by a process that `is_member` does not accept:
  /// counted in rejected() and dropped. Descriptors that come along are closed. `is_member(pid, cgroup path
  /// below the mount)`; the path is empty when the sender is gone already.
  using IsMember = std::function<bool(int pid, std::string_view cgroup)>;
  using Heard = std::function<void(const Notification&)>;
  void receive(const IsMember& is_member, const Heard& heard, std::size_t most = 64);

  [[nodiscard]] std::uint64_t rejected() const { return rejected_; }

private:
  NotifySocket(std::string path, Fd fd);
  std::string path_;
  Fd fd_;
  std::uint64_t rejected_ = 0;
};

} // namespace holdfast::linux_os
