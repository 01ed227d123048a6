#include "model/archive.h"
#include "model/checksum.h"
#include "model/envelope.h"
#include "model/record.h"
#include "model/saved_state.h"
#include "model/words.h"
#include "session.h"
#include "support/catch.h"

#include <set>

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const StackSpec> varied() {
  return std::make_shared<const StackSpec>(varied_stack());
}

/// States of a stack in all phases.
std::vector<std::string> states_of_a_session(std::uint64_t seed) {
  std::vector<std::string> states;
  Session session(seed);
  session.live(60, [&] { states.push_back(save(session.world().stack())); });
  return states;
}

std::string refusal(std::string_view bytes, const std::shared_ptr<const StackSpec>& spec = varied()) {
  const auto restored = restore(bytes, spec);
  return restored ? "" : restored.error().what;
}

/// The bytes with another content and a checksum that fits.
std::string resealed(std::string_view bytes, std::string_view content) {
  return seal(bytes.substr(0, 8), fingerprint(varied_stack()).value, content);
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

TEST_CASE("saved state: what is restored is what was saved, and goes on in the same way") {
  std::set<std::size_t> phases;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    Session session(seed);
    const auto spec = varied();
    std::optional<Stack> twin;
    session.world().recorder = [&](const Event& event, const Now& now, const Actions& actions) {
      if (twin) {
        Actions twins;
        step(*twin, event, now, twins);
        CHECK(digest(twins) == digest(actions));
      }
      for (const Service& service : session.world().stack().services())
        phases.insert(service.phase.index());
      const std::string bytes = save(session.world().stack());
      auto restored = restore(bytes, spec);
      REQUIRE(restored);
      CHECK(save(restored.value()) == bytes);
      twin.emplace(std::move(restored).value());
    };
    session.live(100);
  }
  CHECK(phases.size() == std::variant_size_v<Phase>);
}

TEST_CASE("saved state: refused with the reason") {
  const std::string good = states_of_a_session(1).back();
  REQUIRE(refusal(good).empty());
  CHECK(refusal("") == "the saved state: it ends within its head");
  CHECK(refusal(good.substr(0, 20)) == "the saved state: it ends within its head");
  CHECK(refusal("{\"stack\": 1}") == "the saved state: it is something else");
  CHECK(refusal(good.substr(0, good.size() - 1)) ==
        "the saved state: it ends after " + std::to_string(good.size() - envelope_size - 1) + " of " +
            std::to_string(good.size() - envelope_size) + " bytes");
  CHECK(refusal(good + "x") == "the saved state: something stands behind its end");

  std::string future = good;
  future[8] = 8;
  CHECK(refusal(future) == "the saved state: format 8, this build reads 7");
  std::string flipped = good;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  CHECK(refusal(flipped) == "the saved state: it is damaged: its checksum is another");

  StackSpec other = varied_stack();
  other.services[0].critical = false;
  CHECK(refusal(good, std::make_shared<const StackSpec>(other)) ==
        "the saved state: it belongs to another configuration");
  CHECK(refusal(resealed(good, good.substr(envelope_size) + "x")) ==
        "the saved state: it is longer than what it holds");
  CHECK(refusal(resealed(good, good.substr(envelope_size, good.size() - envelope_size - 1))) ==
        "the saved state: it ends too early");
}

TEST_CASE("saved state: an image that does not fit its spec is refused") {
  const StackSpec spec = varied_stack();
  const Stack stack(varied(), Now{});
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

TEST_CASE("saved state: each flipped bit and each cut is refused") {
  const auto spec = varied();
  const auto states = states_of_a_session(3);
  for (const std::size_t which : {std::size_t{0}, states.size() / 2, states.size() - 1}) {
    std::string bytes = states[which];
    REQUIRE(restore(bytes, spec));
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      const auto flip = [&] { bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8))); };
      flip();
      if (restore(bytes, spec)) FAIL("bit " << bit);
      flip();
    }
    for (std::size_t size = 0; size < bytes.size(); ++size)
      if (restore(bytes.substr(0, size), spec)) FAIL("size " << size);
  }
}

TEST_CASE("saved state: whatever stands behind a checksum that fits is refused or can be gone on with") {
  const auto spec = varied();
  const auto states = states_of_a_session(4);
  Dice dice(5);
  unsigned restored = 0;
  constexpr int tries = 20'000;
  for (int i = 0; i < tries; ++i) {
    const std::string& state = states[dice.below(states.size())];
    std::string content = state.substr(envelope_size);
    for (std::uint64_t n = 1 + dice.below(3); n > 0; --n)
      content[dice.below(content.size())] = static_cast<char>(dice.below(dice.percent(50) ? 12 : 256));
    auto stack = restore(resealed(state, content), spec);
    if (!stack) continue;
    ++restored;
    use(stack.value(), dice);
  }
  // Both must have been tried.
  CHECK(restored > tries / 20);
  CHECK(restored < tries - tries / 20);
}
