#pragma once

#include "observer/probe.h"

#include <string_view>

namespace holdfast::observer {

/// Whether uWSGI works, by its stats server (`stats = 127.0.0.1:9191`), which sends JSON to whoever connects:
/// some worker must have its application, and no listen queue may be full. The queue of a unix socket is not
/// known to uWSGI, which says 0.
[[nodiscard]] std::unique_ptr<Probe> begin_uwsgi(boost::asio::io_context& loop,
                                                 const wire::ProbeQuestion& question, Answered answered);

/// What the stats mean.
[[nodiscard]] Answer uwsgi_answer(std::string_view stats);

} // namespace holdfast::observer
