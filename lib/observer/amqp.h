#pragma once
// AMQP 0-9-1. Debian's one client library in C (rabbitmq-c) waits for each answer and sets no bounds to it;
// what is needed of the protocol are five methods (amqp_frames.h).

#include "observer/probe.h"

namespace holdfast::observer {

/// Without a user: to the broker's Connection.Start and no further. RabbitMQ 3.10 logs that at each look with
/// an info and a warning ("client unexpectedly closed TCP connection"), and every other way to leave before
/// the login with an error. So a user is worth while: connected, logged in, the virtual host opened, all
/// closed again, it logs three lines at info, which `log.connection.level = warning` keeps out.
///
/// With `management`, and when all went well, the management API is asked for alarms of this node
/// (/api/health/checks/local-alarms), as the same user or guest; it must have the tag "monitoring" there. In
/// an alarm the broker lets everybody in and blocks whoever publishes, so that InvenioRDM hangs.
///
/// succeeded: as far as was asked. failed: everything else, in the broker's words: `user "rdm" is not let in:
/// ACCESS_REFUSED - …`, "NOT_ALLOWED - vhost nope not found", "memory alarm on rabbit@a: publishers are kept
/// waiting". There is no starting: RabbitMQ opens its listeners when it is ready.
[[nodiscard]] std::unique_ptr<Probe> begin_amqp(boost::asio::io_context& loop,
                                                const wire::ProbeQuestion& question, Answered answered);

} // namespace holdfast::observer
