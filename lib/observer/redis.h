#pragma once
// Redis, in its own protocol (RESP). hiredis would be the library for it; it takes a reply of any size into
// memory, and all that is heard here is one line for one command.

#include "observer/probe.h"

namespace holdfast::observer {

/// Logs in where there is a secret or a user (AUTH), then PING, then, where asked for, writes the key
/// "holdfast:probe", which goes by itself within a minute.
///
/// succeeded: PONG, and the write was taken. Also, since it is up and a restart would mend nothing: it asks
/// for a password and none is configured ("asks for a password"; not where a write was asked for), and it has
/// as many clients as it takes.
/// starting: LOADING. It reads its data.
/// failed: everything else, in its own words: WRONGPASS, MISCONF (it cannot save, and refuses writes; PING
/// answers that too), READONLY (a replica), OOM, MASTERDOWN, BUSY (a script).
///
/// Redis logs nothing of it, at its default level.
[[nodiscard]] std::unique_ptr<Probe> begin_redis(boost::asio::io_context& loop,
                                                 const wire::ProbeQuestion& question, Answered answered);

} // namespace holdfast::observer
