#pragma once
// The observer parses what network peers say. Whoever takes it over through that must find himself in a
// process that can change nothing on this machine: it can read what anybody may read, and connect.
//
//   capabilities   none, and none can be had again (bounding set, no_new_privs)
//   descriptors    the engine's socket, output and error; what else was inherited is closed
//   limits         no core, no file grows by a byte
//   memory         not to be read by others of the same user (dumpable: no)
//   system calls   a list of those that are allowed (isolation.cpp). All that changes files, processes or the
//                  machine, that listens, or that runs a program is not on it, and answers ENOSYS: libraries
//                  take that for an old kernel and try the older way, which is judged by the same list.

#include "base/result.h"

namespace holdfast::observer {

/// For the whole process, and for good; before the first byte of a peer is read. An error says what could not
/// be had; then the process is to end.
[[nodiscard]] Status isolate();

} // namespace holdfast::observer
