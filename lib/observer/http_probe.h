#pragma once

#include "observer/probe.h"

namespace holdfast::observer {

/// GET of the target: the status must be the question's, and the first 256 KiB of the body must have a place
/// that its regular expression matches (the syntax of RE2, whose matching takes no longer than the body is
/// long).
[[nodiscard]] std::unique_ptr<Probe> begin_http(boost::asio::io_context& loop,
                                                const wire::ProbeQuestion& question, Answered answered);

} // namespace holdfast::observer
