#include "observer/queue_progress.h"

namespace holdfast::observer {
namespace {

/// More are not looked at by one stack; whoever makes them up costs no more memory than this.
constexpr std::size_t most_queues = 1024;

} // namespace

Standstill QueueProgress::look(const std::string& queue, const QueueNumbers& numbers, MonoTime now) {
  if (numbers.waiting == 0) return forget(queue), Standstill{};
  const bool is_idle = numbers.unacknowledged == 0;
  const auto known = waiting_.find(queue);
  if (known == waiting_.end() || known->second.acknowledged != numbers.acknowledged) {
    if (known == waiting_.end() && waiting_.size() >= most_queues) waiting_.clear();
    waiting_[queue] = {
        .acknowledged = numbers.acknowledged, .since = now, .idle_since = now, .is_idle = is_idle};
    return {};
  }
  Stand& stand = known->second;
  if (!stand.is_idle) stand.idle_since = now;
  stand.is_idle = is_idle;
  return {.unacknowledged = now - stand.since, .idle = is_idle ? now - stand.idle_since : Duration{}};
}

} // namespace holdfast::observer
