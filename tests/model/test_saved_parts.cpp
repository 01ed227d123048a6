#include "model/envelope.h"
#include "model/flaws.h"
#include "model/record.h"
#include "model/saved_parts.h"
#include "model/words.h"
#include "session.h"
#include "support/catch.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;
using namespace std::chrono_literals;

namespace {

/// The parts of a stack with their bytes, to be spoilt.
struct Spoilt {
  explicit Spoilt(const Stack& stack) {
    PartWriter bytes;
    const SavedParts parts = parts_of(stack, bytes);
    format = parts.format;
    texts = {std::string(parts.spec), std::string(parts.state)};
    texts.insert(texts.end(), parts.services.begin(), parts.services.end());
  }
  [[nodiscard]] SavedParts parts() const {
    return {.format = format,
            .spec = texts[0],
            .state = texts[1],
            .services = {texts.begin() + first_service, texts.end()}};
  }
  [[nodiscard]] std::string refusal() const {
    const auto restored = restore(parts());
    return restored ? "" : restored.error().what;
  }

  static constexpr std::ptrdiff_t first_service = 2;
  std::uint32_t format = 0;
  std::vector<std::string> texts; ///< spec, state, services
};

std::string bytes_of(const Stack& stack) {
  PartWriter bytes;
  static_cast<void>(parts_of(stack, bytes));
  return std::string(bytes.bytes());
}

/// States of a stack in all phases.
std::vector<Stack> states_of_a_session(std::uint64_t seed) {
  std::vector<Stack> states;
  Session session(seed);
  session.live(60, [&] { states.push_back(session.world().stack()); });
  return states;
}

/// Uses a stack as the daemon would: everything that walks its state.
void use(Stack& stack, Dice& dice) {
  Actions actions;
  Now now{MonoTime(1h), WallTime(1h), dice.below(~0ULL)};
  const auto take = [&](const Event& event) {
    actions.clear();
    step(stack, event, now, actions);
    for (std::uint32_t i = 0; i < stack.size(); ++i) {
      static_cast<void>(words(stack, stack.service({i}).why));
      static_cast<void>(words(stack, stack.service({i}).goal));
    }
    static_cast<void>(verdict_words(stack));
    static_cast<void>(outcome_of(stack, {Verb::restart, {}, {}}));
  };
  const ServiceId id{static_cast<std::uint32_t>(dice.below(stack.size()))};
  take(DeadlinePassed{});
  take(EngineReturned{{{id, {1 + dice.below(4)}, 77}}, {}});
  const RunNumber run = stack.service(id).last_run;
  const auto answer = [&](ProbeRole role, ProbeOutcome outcome) {
    take(ProbeAnswered{id, run, role, question_out(stack.service(id).phase, role), outcome, {}});
  };
  answer(ProbeRole::ready, ProbeOutcome::succeeded);
  answer(ProbeRole::live, ProbeOutcome::failed);
  answer(ProbeRole::progress, ProbeOutcome::succeeded);
  take(ProcessExited{id, run, {.code = 1, .signal = 0}});
  take(LeafEmptied{id, run});
  take(CommandAsked{Verb::start, {}, "root"});
  for (int i = 0; i < 5 && stack.next_deadline() != never; ++i) {
    now.mono = std::max(now.mono, stack.next_deadline());
    take(DeadlinePassed{});
  }
  take(ShutdownAsked{"root"});
}

} // namespace

TEST_CASE("saved parts: what is restored is what was saved, and goes on in the same way") {
  std::set<std::size_t> phases;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    Session session(seed);
    std::optional<Stack> twin;
    session.world().recorder = [&](const Event& event, const Now& now, const Actions& actions) {
      if (twin) {
        Actions twins;
        step(*twin, event, now, twins);
        CHECK(digest(twins) == digest(actions));
      }
      for (const Service& service : session.world().stack().services())
        phases.insert(service.phase.index());
      PartWriter bytes;
      auto restored = restore(parts_of(session.world().stack(), bytes));
      REQUIRE(restored);
      CHECK(bytes_of(restored.value()) == bytes.bytes());
      twin.emplace(std::move(restored).value());
    };
    session.live(100);
  }
  CHECK(phases.size() == std::variant_size_v<Phase>);
}

TEST_CASE("saved parts: formats that this build reads") {
  // One line for each in saved_parts.cpp. The format of the release before is to be found here with a state
  // that it wrote.
  CHECK(is_readable(model::format));
  CHECK_FALSE(is_readable(model::format + 1));
  CHECK_FALSE(is_readable(0));
  Spoilt parts(states_of_a_session(1).back());
  parts.format = model::format + 1;
  CHECK(parts.refusal() == "the saved state: format " + std::to_string(model::format + 1) +
                               ", this build reads " + std::to_string(model::format));
}

TEST_CASE("saved parts: refused with the part and the reason") {
  const Spoilt good(states_of_a_session(1).back());
  REQUIRE(good.refusal().empty());
  const auto refusal_with = [&](auto change) {
    Spoilt bad = good;
    change(bad.texts);
    return bad.refusal();
  };
  using Texts = std::vector<std::string>;
  CHECK(refusal_with([](Texts& t) { t[0] += "x"; }) ==
        "the saved state: the configuration: it is longer than what it holds");
  CHECK(refusal_with([](Texts& t) { t[0].clear(); }) ==
        "the saved state: the configuration: it ends too early");
  CHECK(refusal_with([](Texts& t) { t[1].pop_back(); }) == "the saved state: the stack: it ends too early");
  CHECK(refusal_with([](Texts& t) { t[3].pop_back(); }) == "the saved state: service 1: it ends too early");
  CHECK(refusal_with([](Texts& t) { t.pop_back(); }) ==
        "the saved state: the whole: another number of services or conditions than the configuration has");
}

TEST_CASE("saved parts: each cut is refused") {
  const auto states = states_of_a_session(3);
  for (const std::size_t which : {std::size_t{0}, states.size() / 2, states.size() - 1}) {
    Spoilt spoilt(states[which]);
    REQUIRE(spoilt.refusal().empty());
    for (std::string& text : spoilt.texts) {
      const std::string whole = text;
      for (std::size_t size = 0; size < whole.size(); ++size) {
        text.resize(size);
        if (spoilt.refusal().empty()) FAIL("size " << size << " of " << whole.size());
        text = whole;
      }
    }
  }
}

TEST_CASE("saved parts: an image that does not fit its spec is refused") {
  const StackSpec spec = varied_stack();
  const Stack stack(std::make_shared<const StackSpec>(spec), Now{});
  const auto flaw_with = [&](auto change) {
    StackImage image{stack.services(), stack.state()};
    change(image);
    return std::string(flaw_of(image, spec));
  };
  const auto flaw_of_phase = [&](auto phase, auto change) {
    return flaw_with([&](StackImage& image) {
      image.services[0].last_run = phase.run.number = {1};
      change(phase);
      image.services[0].phase = phase;
    });
  };
  CHECK(flaw_with([](StackImage&) {}).empty());
  CHECK_FALSE(flaw_with([](StackImage& i) { i.services.pop_back(); }).empty());
  CHECK_FALSE(flaw_with([](StackImage& i) { i.state.conditions.pop_back(); }).empty());
  CHECK(flaw_with([](StackImage& i) { i.services[1].goal.cause = Cause::need_stopped; }) ==
        "a goal that nobody asked for");
  CHECK(flaw_of_phase(Ready{}, [](Ready&) {}).empty());
  CHECK(flaw_of_phase(Ready{}, [](Ready& p) { p.run.number = {2}; }) == "a run that was never begun");
  CHECK(flaw_of_phase(Ready{}, [](Ready& p) { p.run.number = {0}; }) == "a run that was never begun");
  CHECK(flaw_of_phase(Ready{}, [](Ready& p) { p.run.needs = {{1}}; }) ==
        "a run with other needs than its service");
  const std::string no_probe = "a probe that the service does not have";
  CHECK(flaw_of_phase(Ready{}, [](Ready& p) { p.live.next = MonoTime{}; }) == no_probe);
  CHECK(flaw_of_phase(Unready{}, [](Unready& p) { p.live.asked = 1; }) == no_probe);
  CHECK(flaw_of_phase(Starting{}, [](Starting&) {}).empty());
  // A reload may have shortened the ladder meanwhile.
  CHECK(flaw_of_phase(Stopping{}, [](Stopping& p) { p.rung = 3; }).empty());
}

TEST_CASE("saved parts: whatever they are they are refused or can be gone on with") {
  const auto states = states_of_a_session(4);
  Dice dice(5);
  unsigned restored = 0;
  constexpr int tries = 20'000;
  for (int i = 0; i < tries; ++i) {
    Spoilt spoilt(states[dice.below(states.size())]);
    for (std::uint64_t n = 1 + dice.below(3); n > 0; --n) {
      std::string& text = spoilt.texts[dice.below(spoilt.texts.size())];
      text[dice.below(text.size())] = static_cast<char>(dice.below(dice.percent(50) ? 12 : 256));
    }
    auto stack = restore(spoilt.parts());
    if (!stack) continue;
    ++restored;
    use(stack.value(), dice);
  }
  // Both must have been tried.
  CHECK(restored > tries / 20);
  CHECK(restored < tries - tries / 20);
}
