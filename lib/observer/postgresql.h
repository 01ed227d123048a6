#pragma once

#include "observer/probe.h"

namespace holdfast::observer {

/// PostgreSQL, through libpq's asynchronous interface; nothing in the environment or in files of libpq's has
/// a say. Tried against PostgreSQL 15.
///
/// Without a user it goes no further than to the question for a password, like pg_isready, as user "postgres"
/// of the database that is given, or else "postgres". With the methods that ask for one (scram-sha-256, md5,
/// password, ldap, pam), and where "postgres" is trusted, the server logs nothing of it. With peer, ident,
/// cert and reject it logs a line at FATAL each time: the words then show which, and a user of the probe's
/// own is the cure. What it cannot see is that the slots that are left are reserved for superusers.
///
/// With a user it logs in, and runs the query where there is one: in a transaction that may only read, ended
/// by the server itself (statement_timeout) when nobody waits any more. The password goes to whoever listens
/// there, in clear where that one wants it so.
///
/// succeeded: it accepts connections; or has as many clients as it takes (SQLSTATE 53300), which a restart
/// would not mend, told by its words ("sorry, too many clients already"), even where a query was to be run.
/// starting: 57P03, in its words: it starts, recovers, is a standby that takes no connections, or shuts down.
/// A line at FATAL in its log each time is not to be had without.
/// failed: everything else, in its words: `password authentication failed for user "rdm"`.
[[nodiscard]] std::unique_ptr<Probe> begin_postgresql(boost::asio::io_context& loop,
                                                      const wire::ProbeQuestion& question, Answered answered);

} // namespace holdfast::observer
