#include "stack/chart.h"

#include <algorithm>
#include <ctime>
#include <iomanip>
#include <sstream>
#include <stdexcept>

namespace holdfast::test {
namespace {

constexpr std::size_t columns = 60;

/// "2026-11-24T06:53:30.123456Z", in seconds since 1970.
double seconds_of(const StackEvent& event) {
  std::tm parts{};
  std::istringstream text(event.raw.at("time").get<std::string>());
  double fraction = 0;
  text >> std::get_time(&parts, "%Y-%m-%dT%H:%M:%S");
  if (text.peek() == '.') text >> fraction;
  if (!text) throw std::runtime_error("no time: " + text.str());
  return static_cast<double>(::timegm(&parts)) + fraction;
}

char sign_of(const std::string& phase) {
  if (phase == "waiting") return '.';
  if (phase == "starting") return '=';
  if (phase == "ready" || phase == "done") return '#';
  return phase == "down" ? ' ' : '!';
}

struct Span {
  double from = 0;
  char sign = ' ';
};

struct Row {
  std::string name;
  std::vector<Span> spans;
  double ready = 0; ///< when it first was; 0: never
};

std::vector<Row> rows_of(const std::vector<StackEvent>& events) {
  std::vector<Row> rows;
  for (const StackEvent& event : events) {
    if (event.service.empty()) continue;
    auto row =
        std::find_if(rows.begin(), rows.end(), [&](const Row& one) { return one.name == event.service; });
    if (row == rows.end()) row = rows.insert(rows.end(), Row{.name = event.service, .spans = {}});
    const char sign = sign_of(event.to);
    row->spans.push_back({.from = seconds_of(event), .sign = sign});
    if (sign == '#' && row->ready == 0) row->ready = seconds_of(event);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.ready < b.ready; });
  return rows;
}

std::string bar_of(const Row& row, double begin, double end) {
  std::string bar(columns, ' ');
  for (const Span& span : row.spans) {
    const double share = end > begin ? (span.from - begin) / (end - begin) : 0;
    const auto first = static_cast<std::size_t>(share * static_cast<double>(columns));
    std::fill(bar.begin() + static_cast<std::ptrdiff_t>(std::min(first, columns)), bar.end(), span.sign);
  }
  return bar;
}

} // namespace

std::map<std::string, double> start_seconds(const std::vector<StackEvent>& events) {
  std::map<std::string, double> began;
  std::map<std::string, double> took;
  for (const StackEvent& event : events) {
    if (event.to == "starting") began.try_emplace(event.service, seconds_of(event));
    const bool up = event.to == "ready" || event.to == "done";
    if (up && began.contains(event.service))
      took.try_emplace(event.service, seconds_of(event) - began.at(event.service));
  }
  return took;
}

std::string chart(const std::vector<StackEvent>& events) {
  if (events.empty()) return "";
  const double begin = seconds_of(events.front());
  const double end = seconds_of(events.back());
  const auto took = start_seconds(events);
  std::ostringstream text;
  text << std::fixed << std::setprecision(1);
  for (const Row& row : rows_of(events)) {
    text << std::left << std::setw(12) << row.name << "|" << bar_of(row, begin, end) << "|" << std::right;
    if (took.contains(row.name))
      text << std::setw(6) << took.at(row.name) << " s, ready at " << std::setw(5) << row.ready - begin
           << " s";
    text << "\n";
  }
  for (const StackEvent& event : events)
    if (event.service.empty()) text << "  " << event.to << " at " << seconds_of(event) - begin << " s\n";
  return text.str();
}

} // namespace holdfast::test
