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

/// Messages that wait for longer while no consumer takes one are not worked on.
constexpr std::chrono::seconds longest_standstill{60};

/// What the API says of one queue; where that is well, `said` is its words: "celery: 2 consumers, 17 wait".
/// `key` is what the queue is remembered by.
///
/// failed: no queue, no consumer; or messages wait and consumers took and acknowledged none for longer than
/// `longest_standstill`. Celery acknowledges a message when its task begins and takes some in advance, so
/// that while all its processes have a long task nothing is acknowledged, and the messages taken in advance
/// are counted as unacknowledged. A worker that hangs looks the same; restarted, a busy one would lose its
/// tasks. So this is told and no failure: "…, none was acknowledged for 1 min 20 s, 8 are with consumers".
/// One that is gone loses its connection, for want of heartbeats at the latest, and is no consumer then; one
/// that takes tasks and does nothing with them is the canary's to find (observer/canary_probe.h).
[[nodiscard]] Answer queue_answer(std::string_view queue, std::string_view json, const std::string& key,
                                  QueueProgress& progress, MonoTime now);

} // namespace holdfast::observer
