#include "recording.h"

#include "model/record.h"

#include <algorithm>
#include <utility>

namespace holdfast::sim {

using namespace model;

namespace {

bool segment_replays(const std::string& segment) {
  auto replay = Replay::open(segment);
  if (!replay.ok()) return false;
  for (;;) {
    const auto moment = replay.value().next();
    if (!moment.ok()) return false;
    if (!moment.value()) return replay.value().unread() == 0;
    if (moment.value()->differs) return false;
  }
}

} // namespace

void Recording::begin(const Stack& stack) {
  segments_.push_back(segment_head(stack, 0));
}

void Recording::add(const Event& event, const Now& now, const Actions& actions) {
  segments_.back() += segment_entry(event, now, actions);
}

bool Recording::replays() const {
  return std::all_of(segments_.begin(), segments_.end(), segment_replays);
}

} // namespace holdfast::sim
