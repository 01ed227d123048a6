#include "observer/queue_progress.h"

namespace holdfast::observer {
namespace {

/// More are not looked at by one stack; whoever makes them up costs no more memory than this.
constexpr std::size_t most_queues = 1024;

} // namespace

Duration QueueProgress::look(const std::string& queue, std::uint64_t waiting, std::uint64_t acknowledged,
                             MonoTime now) {
  if (waiting == 0) return waiting_.erase(queue), Duration{};
  const auto known = waiting_.find(queue);
  if (known != waiting_.end() && known->second.acknowledged == acknowledged) return now - known->second.since;
  if (known == waiting_.end() && waiting_.size() >= most_queues) waiting_.clear();
  waiting_[queue] = {.acknowledged = acknowledged, .since = now};
  return {};
}

} // namespace holdfast::observer
