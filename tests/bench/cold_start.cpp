// bench_cold_start: a real InvenioRDM from cold to "working", one service after the other, all at once, and
// as Holdfast does it by itself; all in one run. Prints the seconds, the ratios, a chart of each, and how
// much longer each service took than it did alone.

#include "stack/chart.h"
#include "stack/invenio.h"
#include "support/running_stack.h"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace holdfast::test;

namespace {

constexpr auto patience = 10min;

struct Start {
  double seconds = 0; ///< until everything works
  std::map<std::string, double> services;
  std::string chart;
};

Start start_once(const Invenio& invenio) {
  const double began = monotonic_seconds();
  RunningStack stack(invenio.directory());
  stack.events().wait_for("", "working", patience);
  Start start{.seconds = monotonic_seconds() - began,
              .services = start_seconds(stack.events().all()),
              .chart = chart(stack.events().all())};
  if (stack.stop(5min) != 0) throw std::runtime_error("run did not stop in order");
  return start;
}

/// With so many starting at the same time; none: as many as Holdfast lets by itself.
Start start_with(const Invenio& invenio, const std::string& at_once) {
  const std::string line = at_once.empty() ? "" : "  start_at_once: " + at_once + "\n";
  invenio.change("holdfast.yaml", "stability:\n", "stability:\n" + line);
  Start start = start_once(invenio);
  invenio.change("holdfast.yaml", "stability:\n" + line, "stability:\n");
  return start;
}

double slowest_against(const Start& start, const Start& alone, std::string& who) {
  double most = 0;
  for (const auto& [service, seconds] : start.services) {
    const auto found = alone.services.find(service);
    if (found == alone.services.end() || found->second <= 0 || seconds / found->second <= most) continue;
    most = seconds / found->second;
    who = service;
  }
  return most;
}

} // namespace

int main() {
  const Invenio invenio;
  std::puts("the first start sets it up");
  std::printf("%.1f s\n", start_once(invenio).seconds);
  const Start alone = start_with(invenio, "1");
  const std::vector<std::pair<const char*, Start>> starts = {{"one after the other", alone},
                                                             {"all at once", start_with(invenio, "64")},
                                                             {"Holdfast", start_with(invenio, "")}};
  for (const auto& [name, start] : starts) {
    std::string who;
    const double most = slowest_against(start, alone, who);
    std::printf("\n%-20s %6.1f s  ratio %.2f  slowest %s, %.2f times its time alone\n", name, start.seconds,
                start.seconds / alone.seconds, who.c_str(), most);
    std::fputs(start.chart.c_str(), stdout);
  }
}
