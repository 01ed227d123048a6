// What a step costs in a working stack of 100, 1000 and 4000 services with five needs each: (a) a random
// service dies, backs off, is started again and ready; (b) a liveness probe comes due, is asked and answered.
// The figures of one kind are to be alike whatever the size. Asserts nothing.
#include "model/stack.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace holdfast;
using namespace holdfast::model;

namespace {

constexpr std::uint32_t needs_each = 5;
constexpr Duration backoff = 1ms;
constexpr Duration probe_every = 1h;
constexpr int batches = 200;
constexpr int rounds = 500; ///< a batch

using Random = std::mt19937_64;

LiveProbe liveness() {
  LiveProbe live;
  live.probe.kind = ProbeKind::exec;
  live.probe.every = probe_every;
  return live;
}

StackSpec random_stack(std::uint32_t size, Random& random) {
  StackSpec stack;
  stack.start_at_once = size;
  for (std::uint32_t i = 0; i < size; ++i) {
    ServiceSpec service;
    service.name = "s" + std::to_string(i);
    service.ready.running = 0s;
    service.live = liveness();
    service.restart.delay = backoff;
    service.restart.up_to = backoff;
    service.restart.jitter_percent = 0;
    service.restart.budget = batches * rounds;
    for (std::uint32_t need = 0; need < std::min(needs_each, i); ++need)
      service.needs.push_back({.on = {static_cast<std::uint32_t>(random() % i)}});
    stack.services.push_back(std::move(service));
  }
  stack.stop_within = longest_stop(stack);
  return stack;
}

/// A stack, its clock, and what its steps cost.
class Bench {
public:
  explicit Bench(StackSpec spec) : stack_(std::make_shared<const StackSpec>(std::move(spec)), now_) {}

  /// All processes come up, at moments that spread their probes over `probe_every`.
  void come_up() {
    take(StackStarted{});
    while (stack_.verdict() != Verdict::working) {
      const Actions asked = actions_;
      actions_.clear();
      for (const Action& action : asked) {
        const auto* spawn = std::get_if<Spawn>(&action);
        if (spawn == nullptr) continue;
        now_.mono += probe_every / (4 * stack_.size());
        take(SpawnSucceeded{spawn->service, spawn->run, 1});
      }
    }
  }

  void crash(ServiceId id) {
    const RunNumber dies = stack_.service(id).last_run;
    take(ProcessExited{id, dies, {.code = 1, .signal = 0}});
    take(LeafEmptied{id, dies});
    now_.mono += backoff;
    take(DeadlinePassed{});
    take(SpawnSucceeded{id, stack_.service(id).last_run, 1});
    if (stack_.verdict() != Verdict::working) std::abort();
    actions_.clear();
  }

  void probe() {
    now_.mono = std::max(now_.mono, stack_.next_deadline());
    take(DeadlinePassed{});
    const Actions asked = actions_;
    actions_.clear();
    for (const Action& action : asked)
      if (const auto* ask = std::get_if<AskProbe>(&action))
        take(ProbeAnswered{ask->service, ask->run, ask->role, ask->question, ProbeOutcome::succeeded, {}});
  }

  void forget() {
    spent_ = {};
    events_ = 0;
  }
  [[nodiscard]] double ns_per_event() const {
    const auto spent = std::chrono::duration<double, std::nano>(spent_);
    return spent.count() / static_cast<double>(events_);
  }

private:
  void take(const Event& event) {
    const auto begin = std::chrono::steady_clock::now();
    step(stack_, event, now_, actions_);
    spent_ += std::chrono::steady_clock::now() - begin;
    ++events_;
  }

  Now now_{.mono = MonoTime(1000s), .wall = {}, .draw = 7};
  Stack stack_;
  Actions actions_;
  std::chrono::steady_clock::duration spent_{};
  std::uint64_t events_ = 0;
};

/// The median of batches, since the machine has other things to do too.
template <typename Round>
double median_ns(Bench& bench, Round round) {
  std::vector<double> found;
  for (int batch = 0; batch < batches; ++batch) {
    bench.forget();
    for (int i = 0; i < rounds; ++i)
      round();
    found.push_back(bench.ns_per_event());
  }
  std::nth_element(found.begin(), found.begin() + batches / 2, found.end());
  return found[batches / 2];
}

void measure(std::uint32_t size) {
  Random random(size);
  Bench bench(random_stack(size, random));
  bench.come_up();

  const double probes = median_ns(bench, [&] { bench.probe(); });
  const double crashes =
      median_ns(bench, [&] { bench.crash({static_cast<std::uint32_t>(random() % size)}); });
  std::printf("%5u services: crash to ready %6.0f ns an event, probes %6.0f ns an event\n", size, crashes,
              probes);
}

} // namespace

int main() {
  for (const std::uint32_t size : {100U, 1000U, 4000U})
    measure(size);
}
