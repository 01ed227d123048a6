#pragma once

#include "observer/probe.h"
#include "observer/queue_progress.h"

#include <string_view>

namespace holdfast::observer {

/// Whether Celery's queues have consumers and move, by the management API of the broker at the target
/// (GET /api/queues/VHOST/NAME for each): the worker is not asked, since its `inspect ping` costs seconds of
/// processor time and is not answered by one that is busy. Without a user it asks as guest.
[[nodiscard]] std::unique_ptr<Probe> begin_celery(boost::asio::io_context& loop,
                                                  const wire::ProbeQuestion& question, Answered answered);

/// Messages that wait this long while none is acknowledged are not worked on.
constexpr std::chrono::seconds longest_standstill{60};

/// What the API says of one queue; where that is well, `said` is its words: "celery: 2 consumers, 17 wait".
/// `key` is what the queue is remembered by.
[[nodiscard]] Answer queue_answer(std::string_view queue, std::string_view json, const std::string& key,
                                  QueueProgress& progress, MonoTime now);

} // namespace holdfast::observer
