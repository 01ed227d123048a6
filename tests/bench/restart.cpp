// bench_restart: how long from the SIGKILL of a service to the first instruction of its next run, beside the
// least that a process can do for it (BareSide). Rounds of both sides alternate, so that what the machine
// does meanwhile meets both. Prints; asserts nothing.

#include "bare_side.h"
#include "holdfast_side.h"
#include "support/scratch.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <poll.h>
#include <sys/resource.h>
#include <vector>

namespace {

using namespace holdfast;
using namespace holdfast::bench;

/// Between a restart and the next kill: for the next leaf to be made, and for the run to count as settled.
constexpr int pause_ms = 5;
/// Not measured: caches, branch predictors and lazily bound pages warm up.
constexpr unsigned warm_up_rounds = 20;

struct Options {
  std::vector<std::string> holdfast = {HOLDFAST_BENCH_PROGRAM};
  bool bare_only = false;
  unsigned rounds = 300;
  std::vector<unsigned> services = {1, 1000};
};

struct Quantiles {
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
};

/// In microseconds.
Quantiles quantiles(std::vector<Duration> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](unsigned percent) {
    const std::size_t place = std::min(times.size() - 1, times.size() * percent / 100);
    return std::chrono::duration<double, std::micro>(times[place]).count();
  };
  return {.p50 = at(50), .p90 = at(90), .p99 = at(99)};
}

std::vector<std::vector<Duration>> measure(const std::vector<std::unique_ptr<Side>>& sides, unsigned rounds) {
  std::vector<std::vector<Duration>> times(sides.size());
  for (unsigned round = 0; round < warm_up_rounds + rounds; ++round) {
    for (std::size_t i = 0; i < sides.size(); ++i) {
      const std::size_t turn = (i + round) % sides.size(); // each is first as often as the other
      const Duration took = sides[turn]->restart_once();
      if (round >= warm_up_rounds) times[turn].push_back(took);
      ::poll(nullptr, 0, pause_ms);
    }
  }
  return times;
}

void print(unsigned services, const char* side, const Quantiles& q, int decimals) {
  std::printf("%8u  %-9s", services, side);
  for (const double value : {q.p50, q.p90, q.p99})
    std::printf(" %9.*f", decimals, value);
  std::printf("\n");
  std::fflush(stdout);
}

void compare(const Options& options, unsigned services) {
  std::vector<std::unique_ptr<test::Scratch>> scratches;
  const auto directory = [&] {
    scratches.push_back(std::make_unique<test::Scratch>());
    return scratches.back()->path();
  };
  std::vector<std::unique_ptr<Side>> sides;
  sides.push_back(std::make_unique<BareSide>(directory(), services));
  if (!options.bare_only)
    for (const std::string& program : options.holdfast)
      sides.push_back(std::make_unique<HoldfastSide>(program, directory(), services));
  const auto times = measure(sides, options.rounds);
  const Quantiles bare = quantiles(times[0]);
  print(services, "bare", bare, 1);
  for (std::size_t i = 1; i < times.size(); ++i) {
    const Quantiles ours = quantiles(times[i]);
    print(services, "holdfast", ours, 1);
    print(services, "ratio",
          {.p50 = ours.p50 / bare.p50, .p90 = ours.p90 / bare.p90, .p99 = ours.p99 / bare.p99}, 3);
  }
}

/// A thousand services need more descriptors than a shell gives.
void raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace

int main(int count, char** words) {
  Options options;
  CLI::App app{"From the SIGKILL of a service to the first instruction of its next run"};
  app.add_option("--holdfast", options.holdfast,
                 "The program to measure; several builds are compared in one run")
      ->delimiter(',')
      ->capture_default_str();
  app.add_flag("--bare-only", options.bare_only, "Only what it is compared with");
  app.add_option("--rounds", options.rounds, "Restarts measured on each side")->check(CLI::Range(1, 1000000));
  app.add_option("--services", options.services, "How many services, of which one is killed")->delimiter(',');
  CLI11_PARSE(app, count, words);
  raise_open_files();
  std::printf("kill to first instruction, us, %u rounds a side, alternating\n", options.rounds);
  std::printf("%8s  %-9s %9s %9s %9s\n", "services", "side", "p50", "p90", "p99");
  try {
    for (const unsigned services : options.services)
      compare(options, services);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_restart: %s\n", error.what());
    return 1;
  }
  return 0;
}
