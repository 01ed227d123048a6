#include "client/log_merge.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace holdfast::client {

LogMerge::LogMerge(std::vector<LogReader>& logs, bool to_the_end)
    : logs_(logs), to_the_end_(to_the_end), heads_(logs.size()), idle_(logs.size()) {
  std::iota(idle_.begin(), idle_.end(), std::size_t{0});
}

std::optional<MergedLine> LogMerge::next() {
  if (ready_.empty() && taken_.empty()) std::swap(taken_, idle_);
  fetch_all();
  if (ready_.empty()) return std::nullopt;
  const auto after = [this](std::size_t a, std::size_t b) { return comes_after(a, b); };
  std::pop_heap(ready_.begin(), ready_.end(), after);
  const std::size_t log = ready_.back();
  ready_.pop_back();
  taken_.push_back(log);
  return MergedLine{.log = log, .line = heads_[log].line};
}

void LogMerge::fetch_all() {
  for (const std::size_t log : taken_) {
    if (!fetch(log)) {
      idle_.push_back(log);
      continue;
    }
    ready_.push_back(log);
    std::push_heap(ready_.begin(), ready_.end(),
                   [this](std::size_t a, std::size_t b) { return comes_after(a, b); });
  }
  taken_.clear();
}

bool LogMerge::fetch(std::size_t log) {
  auto line = logs_[log].next();
  if (!line && to_the_end_) line = logs_[log].rest();
  if (!line) return false;
  Head& head = heads_[log];
  head.line = *line;
  // The wall clock may have been set back: within one log the order of the file counts.
  if (line->time > std::string_view(head.time)) head.time = line->time;
  return true;
}

bool LogMerge::comes_after(std::size_t a, std::size_t b) const {
  const int order = heads_[a].time.compare(heads_[b].time);
  return order != 0 ? order > 0 : a > b;
}

} // namespace holdfast::client
