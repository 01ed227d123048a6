#pragma once
// Between anchor and engine: records over a SOCK_SEQPACKET pair, one record a packet, host byte order (both
// ends are on one machine and, but for an upgrade, of one build). Records are of fixed size; one kind has a
// text behind it. A packet of any other size or kind is refused.

#include "base/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::wire {

/// What `run` exits with where the daemon cannot start (configuration, lock, cgroup, a program that is
/// missing), and where the engine was lost.
constexpr int cannot_start = 4;
constexpr int engine_lost = 70;

/// The descriptors that the anchor's child, the engine, finds open at its start, beside those that are held
/// (wire/held.h).
constexpr int engine_socket_fd = 3;
constexpr int engine_last_stop_fd = 4;

/// The first word for an anchor or an engine that is only to say whether it could take over what it finds
/// held: with EngineLife::passed_trial and exit code 0, since many a program that is none of ours exits with
/// 0. It changes nothing else; a reason goes to standard error.
constexpr const char* try_word = "--try";

/// What an engine leaves without its answer is told to the next one again.
enum class FromAnchor : std::uint32_t {
  exited = 1,   ///< a child is a zombie; it is reaped when the engine says `reap`
  signalled,    ///< the anchor got SIGTERM, SIGINT or SIGHUP; the engine says `took`, once for each
  not_upgraded, ///< the next build did not pass its trial, and nothing was changed. Told once, to the engine
                ///< that asked; `upgrade` in the shared table outlives it
};

struct AnchorRecord {
  FromAnchor kind{};
  std::int32_t pid = 0;    ///< exited: the child
  std::int32_t code = 0;   ///< exited: si_code of waitid(2), CLD_EXITED, CLD_KILLED or CLD_DUMPED;
                           ///< not_upgraded: that of the trial, or 0: there was none
  std::int32_t status = 0; ///< exited, not_upgraded: exit code or signal, or errno; signalled: the signal
};

enum class ToAnchor : std::uint32_t {
  reap = 1, ///< `value` is the pid whose exit is accounted for
  hold,     ///< carries one descriptor to be kept open in slot `value`, in place of what was held there
  finish,   ///< the engine ends in order; the anchor exits with `value`. Of an engine that is not the first,
            ///< cannot_start is no end in order: it counts as a death before the adoption
  notify,   ///< `value` bytes follow, a datagram for the service manager; the anchor does not look into it
  drop,     ///< what is held in slot `value` is closed
  took,     ///< `value` is a signal: one `signalled` of it is part of the saved state
  upgrade, ///< the build that is held in next_anchor_slot and next_engine_slot is tried, and takes over where
           ///< it passes: this engine is killed then. Carries the descriptor that the trial writes to
};

/// The most bytes that `notify` carries.
constexpr std::size_t longest_notice = 1024;

struct EngineRecord {
  ToAnchor kind{};
  std::int32_t value = 0;
};

/// What the anchor's side says and hears is told without Result: nothing there may allocate.

/// Whether the record was sent. The anchor never waits for its engine: false where the socket is full.
[[nodiscard]] bool send_record(int socket, const AnchorRecord& record);

/// What came along with a record of the engine.
struct Attached {
  int descriptor = -1;                           ///< the receiver's to close; -1: none
  std::array<char, longest_notice> notice_bytes; ///< of `notify`
  std::size_t notice_size = 0;
  [[nodiscard]] std::string_view notice() const { return {notice_bytes.data(), notice_size}; }
};

enum class Heard {
  record,
  nothing, ///< none is waiting
  refused, ///< a packet that is not a record; it is used up
  gone,    ///< the other end is closed, and all that it sent was heard
};
[[nodiscard]] Heard receive_from_engine(int socket, EngineRecord& record, Attached& attached);

/// Sends one record, with `descriptor` where it is not -1. Waits for room in the socket.
[[nodiscard]] Status send_record(int socket, const EngineRecord& record, int descriptor = -1);

/// Sends a `notify`. EMSGSIZE where the text is too long.
[[nodiscard]] Status send_notice(int socket, std::string_view text);

/// One record, nothing where none is waiting (EAGAIN), an error where the other end is gone (code 0) or the
/// packet, which is then used up, is not a record (EPROTO).
[[nodiscard]] Result<std::optional<AnchorRecord>> receive_from_anchor(int socket);

} // namespace holdfast::wire
