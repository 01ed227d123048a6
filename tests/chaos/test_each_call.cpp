// The engine dies before and after its n-th system call, for every n: from its first one on, through its
// adoption, the restart of a service and a command.

#include "chaos/invariants.h"
#include "chaos/log_follower.h"
#include "chaos/run_record.h"
#include "chaos/settings.h"
#include "chaos/tracer.h"
#include "stack/nothing_left.h"
#include "support/binaries.h"
#include "support/catch.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

using namespace holdfast::test;

namespace {

using nlohmann::json;

std::vector<ChaosService> few_services() {
  return {{.name = "victim", .words = {"mortal", "0"}, .keys = {{"critical", false}}},
          {.name = "other", .words = {"notify"}, .keys = {{"ready", {{"notify", true}}}}},
          {.name = "stamped", .words = {"lines", "500000"}},
          {.name = "raw", .words = {"lines", "500000"}, .keys = {{"log", {{"timestamps", false}}}}},
          {.name = "job", .words = {"job"}, .keys = {{"task", {{"run", "on-command"}}}}}};
}

/// One stack whose engines are cut, one after the other.
class CutEngines {
public:
  explicit CutEngines(const ChaosPlace& place)
      : tracer_(place.directory() / "tracer"), stack_(prepared(place), HOLDFAST_CHAOS_TRACED_ENGINE),
        invariants_(stack_, {"victim", "job"}) {
    stack_.wait_quiet();
  }

  [[nodiscard]] ChaosStack& stack() { return stack_; }
  [[nodiscard]] Invariants& invariants() { return invariants_; }
  [[nodiscard]] const Asked& asked() const { return asked_; }

  /// The next engine dies there, at the latest when the work is done; the one after it lives.
  Traced cut(const Cut& cut) {
    const std::uint32_t before = watch().wait_adopted();
    tracer_.cut_next(cut);
    watch().send(SIGKILL);
    // It may die before it is adopted: then the work is done by the next one.
    if (!comes_true(20s, [&] { return watch().is_adopted(before + 1) || watch().number() > before + 1; }))
      throw std::runtime_error("no engine followed: " + stack_.running().output());
    work();
    if (watch().number() == before + 1) watch().send(SIGKILL);
    watch().wait_adopted(before + 2);
    look();
    return tracer_.outcome();
  }

private:
  static const ChaosPlace& prepared(const ChaosPlace& place) {
    place.configure(few_services(), "64KiB");
    ::setenv("HOLDFAST_CHAOS_TRACER", (place.directory() / "tracer").c_str(), 1);
    ::setenv("HOLDFAST_CHAOS_ENGINE", (binaries() + "/holdfast-engine").c_str(), 1);
    return place;
  }

  [[nodiscard]] const EngineWatch& watch() const { return stack_.watch(); }

  /// An exit, a restart by command, a task.
  void work() {
    const auto runs = runs_of(stack_.place().records(), "victim");
    const KnownRun& last = runs.back();
    ::kill(static_cast<pid_t>(last.pid), SIGUSR1);
    for (const Words& words : {Words{"restart", "other"}, Words{"task", "run", "job"}})
      if (const Finished done = stack_.running().command(words); done.code != 0)
        throw std::runtime_error(words.front() + ": " + done.failure());
    ++asked_["other"];
    if (!comes_true(20s, [&] {
          const auto now = runs_of(stack_.place().records(), "victim");
          return now.back().run > last.run && now.back().pid != 0;
        }))
      throw std::runtime_error("victim does not come back: " + stack_.running().output());
  }

  void look() {
    invariants_.look_when_quiet(asked_);
    if (!stack_.running().events().read_available()) throw std::runtime_error("events -f has ended");
    invariants_.follow_events(stack_.running().events().all());
  }

  Tracer tracer_;
  ChaosStack stack_;
  Invariants invariants_;
  Asked asked_;
};

std::string judged_logs(const ChaosPlace& place) {
  std::string failures;
  for (const ChaosService& service : few_services()) {
    LogFollower log({.service = service.name,
                     .logs = place.logs(),
                     .records = place.records(),
                     .timestamps = service.name != "raw"});
    failures += log.end().failure();
  }
  return failures;
}

} // namespace

TEST_CASE("the engine dies at each of its system calls in turn: nobody notices", "[calls]") {
  const auto budget = std::chrono::seconds(setting("HOLDFAST_CHAOS_SECONDS", 60));
  const std::uint64_t every = setting("HOLDFAST_CHAOS_EVERY", 0);
  const ChaosPlace place;
  {
    CutEngines engines(place);
    const Deadline deadline(budget);
    const auto began = std::chrono::steady_clock::now();
    // How many there are, with nothing cut.
    const Traced whole = engines.cut({.call = UINT64_MAX});
    REQUIRE_FALSE(whole.was_cut);
    REQUIRE(whole.calls > 0);
    const auto took = std::chrono::steady_clock::now() - began;
    const auto fit =
        static_cast<std::uint64_t>(budget / std::max(took, std::chrono::steady_clock::duration(1)));
    const std::uint64_t least = whole.calls / std::max<std::uint64_t>(fit, 1) + 1;
    const std::uint64_t step = every != 0 ? every : std::max<std::uint64_t>(least, 5);
    std::uint64_t cuts = 0;
    bool before = true;
    std::uint64_t call = 1;
    for (; every != 0 || !deadline.passed(); before = !before) {
      INFO((before ? "before" : "after") << " call " << call << " of about " << whole.calls);
      const Traced traced = engines.cut({.call = call, .before = before});
      if (traced.calls < call) break;
      cuts += traced.was_cut ? 1U : 0U;
      // Of all of them each one twice, of a sample each one once.
      if (every == 0 || !before) call += step;
    }
    std::printf("%llu engines died at a call, the last one at call %llu of about %llu\n",
                static_cast<unsigned long long>(cuts), static_cast<unsigned long long>(call),
                static_cast<unsigned long long>(whole.calls));
    CHECK(cuts >= 20);
    CHECK(engines.stack().running().stop() == 0);
  }
  CHECK(judged_logs(place) == "");
  CHECK(left_of(place.directory()) == "");
}
