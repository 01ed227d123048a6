// holdfast-sim: random stacks in a made-up world, under all invariants.
#include "campaign.h"

#include <CLI/CLI.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  using namespace holdfast::sim;
  Order order;
  double seconds = 10;
  bool table = false;
  CLI::App app{"Lives through random stacks in a made-up world and checks every invariant after every step."};
  app.add_option("--seed", order.seed, "the same seed gives the same moments");
  app.add_option("--seconds", seconds, "how long")->check(CLI::PositiveNumber);
  app.add_option("--events", order.most_events, "or until there were so many events");
  app.add_option("--services", order.most_services, "most services of a stack")->check(CLI::Range(1, 60));
  app.add_option("--episode", order.first, "the first episode: that of a violation is told with it");
  app.add_flag("!--no-history", order.history, "do not look for the shortest history of a violation");
  app.add_flag("--table", table, "print how often each transition and rung was taken");
  CLI11_PARSE(app, argc, argv);
  order.time = std::chrono::nanoseconds(static_cast<long long>(seconds * 1e9));

  const Result result = run(order);
  if (table) std::fputs(result.coverage.table().c_str(), stdout);
  for (const std::string& line : result.report)
    std::printf("%s\n", line.c_str());
  const double spent = std::chrono::duration<double>(result.spent).count();
  std::printf("%llu events, %.0f events/s, %llu violations, seed %llu\n",
              static_cast<unsigned long long>(result.events), static_cast<double>(result.events) / spent,
              static_cast<unsigned long long>(result.violations),
              static_cast<unsigned long long>(order.seed));
  return result.violations == 0 ? 0 : 1;
}
