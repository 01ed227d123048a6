#include "client/log_merge.h"

#include <algorithm>
#include <utility>

namespace holdfast::client {

std::string_view leading_time(std::string_view line) {
  constexpr std::string_view shape = "0000-00-00T00:00:00.000000Z";
  if (line.size() < shape.size()) return {};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = line[i] >= '0' && line[i] <= '9';
    if (shape[i] == '0' ? !digit : line[i] != shape[i]) return {};
  }
  return line.substr(0, shape.size());
}

std::vector<MergedLine> merge(std::vector<std::vector<std::string>> logs) {
  struct Timed {
    std::string time;
    MergedLine line;
  };
  std::vector<Timed> timed;
  for (std::size_t log = 0; log < logs.size(); ++log) {
    std::string time;
    for (std::string& text : logs[log]) {
      // The wall clock may have been set back: within one log the order of the file counts.
      const std::string_view own = leading_time(text);
      if (own > std::string_view(time)) time = own;
      timed.push_back({time, {log, std::move(text)}});
    }
  }
  std::stable_sort(timed.begin(), timed.end(),
                   [](const Timed& a, const Timed& b) { return a.time < b.time; });
  std::vector<MergedLine> merged;
  merged.reserve(timed.size());
  for (Timed& line : timed)
    merged.push_back(std::move(line.line));
  return merged;
}

} // namespace holdfast::client
