#pragma once
// What the anchor holds for its engines: descriptors in numbered slots. The anchor keeps each at the number
// held_fd(slot), and each engine inherits them at the same numbers, so that nothing is sent back and nothing
// has to be parsed. An engine finds what is held by looking which of the numbers are open; it sets FD_CLOEXEC
// again, which the anchor's child has cleared. An engine's own descriptor at such a number means nothing to
// the anchor: only `hold` and `drop` change what is held (wire/anchor.h).

#include "wire/last_stop.h"

#include <cstdint>

namespace holdfast::wire {

/// All numbers below are the processes' own.
constexpr int first_held_fd = 64;
[[nodiscard]] constexpr int held_fd(std::int32_t slot) {
  return first_held_fd + slot;
}

constexpr std::int32_t lock_slot = 0;          ///< the lock of the stack
constexpr std::int32_t control_slot = 1;       ///< the listening control socket
constexpr std::int32_t state_slot = 2;         ///< memory of the model's state
constexpr std::int32_t configuration_slot = 3; ///< memory of the configuration in force
constexpr std::int32_t logs_slot = 4;          ///< memory of the log capture
constexpr std::int32_t receipt_read_slot = 5;  ///< the log capture's receipt pipe
constexpr std::int32_t receipt_write_slot = 6;
constexpr std::int32_t events_slot = 7;   ///< memory of the events
constexpr std::int32_t observer_slot = 8; ///< the observer's program

// Of an upgrade that was asked for: the programs of the next build, and copies of the memories for it to read
// while it is tried. Held until the anchor has decided; meanwhile what an engine would change of it is passed
// over.
constexpr std::int32_t next_anchor_slot = 9;
constexpr std::int32_t next_engine_slot = 10;
constexpr std::int32_t trial_state_slot = 11;
constexpr std::int32_t trial_configuration_slot = 12;
constexpr std::int32_t trial_events_slot = 13;
constexpr std::int32_t first_next_slot = next_anchor_slot;
constexpr std::int32_t last_next_slot = trial_events_slot;

// What the build before this one goes on with, should this one not take over: the anchor puts it there, and
// drops it when the engine has adopted; no engine can. As long as it is there, an engine writes memories of
// its own.
constexpr std::int32_t former_anchor_slot = 14;
constexpr std::int32_t former_engine_slot = 15;
constexpr std::int32_t former_state_slot = 16;
constexpr std::int32_t former_configuration_slot = 17;
constexpr std::int32_t former_events_slot = 18;
constexpr std::int32_t former_observer_slot = 19;

// The pipe of the log of commands: a line that an engine has written there is read by the next.
constexpr std::int32_t audit_read_slot = 20;
constexpr std::int32_t audit_write_slot = 21;

/// Listening sockets of services.
constexpr std::int32_t first_listening_slot = 32;
constexpr std::int32_t listening_slots = 256;
[[nodiscard]] constexpr std::int32_t listening_slot(std::int32_t n) {
  return first_listening_slot + n;
}

/// Four for each service: the log pipes of three runs that follow one another, the one that is made ahead,
/// the present one, and one that is over and whose lines are on their way into the file; the notify socket.
constexpr std::int32_t first_service_slot = first_listening_slot + listening_slots;
constexpr std::int32_t slots_of_service = 4;
constexpr std::uint64_t log_slots_of_service = 3;
[[nodiscard]] constexpr std::int32_t log_slot(std::uint32_t service, std::uint64_t run) {
  return first_service_slot + slots_of_service * static_cast<std::int32_t>(service) +
         static_cast<std::int32_t>(run % log_slots_of_service);
}
[[nodiscard]] constexpr std::int32_t notify_slot(std::uint32_t service) {
  return first_service_slot + slots_of_service * static_cast<std::int32_t>(service) +
         static_cast<std::int32_t>(log_slots_of_service);
}

constexpr std::int32_t hold_slots =
    first_service_slot + slots_of_service * static_cast<std::int32_t>(last_stop_rows);

} // namespace holdfast::wire
