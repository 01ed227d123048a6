#pragma once
// Between anchor and engine: fixed-size records over a SOCK_SEQPACKET pair, one record a packet, host byte
// order (both ends are on one machine and, but for an upgrade, of one build). A packet of any other size or
// kind is refused.

#include "base/result.h"
#include "wire/last_stop.h"

#include <cstdint>
#include <optional>

namespace holdfast::wire {

/// What `run` exits with where the daemon cannot start (configuration, lock, cgroup, a program that is
/// missing), and where the engine was lost.
constexpr int cannot_start = 4;
constexpr int engine_lost = 70;

/// The descriptors that the anchor's child, the engine, finds open at its start.
constexpr int engine_socket_fd = 3;
constexpr int engine_last_stop_fd = 4;

enum class FromAnchor : std::uint32_t {
  exited = 1, ///< a child is a zombie; it is reaped when the engine says `reap`
  signalled,  ///< the anchor got SIGTERM, SIGINT or SIGHUP
};

struct AnchorRecord {
  FromAnchor kind{};
  std::int32_t pid = 0;    ///< exited: the child
  std::int32_t code = 0;   ///< exited: si_code of waitid(2), CLD_EXITED, CLD_KILLED or CLD_DUMPED
  std::int32_t status = 0; ///< exited: exit code or signal; signalled: the signal
};

enum class ToAnchor : std::uint32_t {
  reap = 1, ///< `value` is the pid whose exit is accounted for
  hold,     ///< carries one descriptor to be kept open in slot `value`, in place of what was held there
  finish,   ///< the engine ends in order; the anchor exits with `value`
};

/// Slots for what the anchor holds: the lock of the stack, and for each service the read ends of the log
/// pipes of two runs, the present one and the one that follows it. So what is held for runs that are over
/// gives way.
constexpr std::int32_t lock_slot = 0;
constexpr std::int32_t hold_slots = 1 + 2 * static_cast<std::int32_t>(last_stop_rows);
[[nodiscard]] constexpr std::int32_t log_slot(std::uint32_t service, std::uint64_t run) {
  return static_cast<std::int32_t>(1 + 2 * service + run % 2);
}

struct EngineRecord {
  ToAnchor kind{};
  std::int32_t value = 0;
};

/// Sends one record. The anchor never waits for its engine: EAGAIN where the socket is full.
[[nodiscard]] Status send_record(int socket, const AnchorRecord& record);
/// Sends one record, with `descriptor` where it is not -1.
[[nodiscard]] Status send_record(int socket, const EngineRecord& record, int descriptor = -1);

/// One record, nothing where none is waiting (EAGAIN), an error where the other end is gone (code 0) or the
/// packet, which is then used up, is not a record (EPROTO). A descriptor that came along is the caller's, in
/// `descriptor`; -1 where none did.
[[nodiscard]] Result<std::optional<AnchorRecord>> receive_from_anchor(int socket);
[[nodiscard]] Result<std::optional<EngineRecord>> receive_from_engine(int socket, int& descriptor);

} // namespace holdfast::wire
