#pragma once
// The anchor's own descriptors have fixed numbers, so that it finds them again when it has executed itself
// anew. Beside them it has the three of standard input and output, the socket to its engine, and for a moment
// one that it was sent or that it looks into: all far below wire::first_held_fd.

#include "base/result.h"
#include "wire/anchor.h"

namespace holdfast::anchor {

constexpr int signals_fd = 3;
constexpr int table_fd = 4;
constexpr int engine_program_fd = 5;
constexpr int anchor_program_fd = 6;

// The child puts its socket over the signals, which are not for it, and has the table where we have it.
static_assert(signals_fd == wire::engine_socket_fd && table_fd == wire::engine_last_stop_fd);

/// Closes what we inherited beyond standard input and output, which are opened on /dev/null where they are
/// closed: none of our descriptors may have the number that messages are written to.
[[nodiscard]] Status clear_numbers();

/// Whether descriptors survive an exec.
[[nodiscard]] bool set_inherited(int descriptor, bool inherited);
/// The same of ours that an anchor finds again when it has executed itself anew; the signals it opens anew.
void set_ours_inherited(bool inherited);

/// Gives `descriptor` that number, close-on-exec, in place of its own.
[[nodiscard]] Status place(int descriptor, int number);

} // namespace holdfast::anchor
