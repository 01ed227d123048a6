#pragma once

#include "observer/probe.h"

namespace holdfast::observer {

/// Whether the target accepts a connection, which is closed at once: an open port, and no more than that.
[[nodiscard]] std::unique_ptr<Probe> begin_tcp(boost::asio::io_context& loop,
                                               const wire::ProbeQuestion& question, Answered answered);

} // namespace holdfast::observer
