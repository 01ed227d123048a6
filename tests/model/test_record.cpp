#include "model/bytes.h"
#include "model/checksum.h"
#include "model/record.h"
#include "session.h"
#include "support/catch.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;
using namespace std::chrono_literals;

namespace {

struct Recorded {
  std::string head;
  std::vector<std::string> entries;
  [[nodiscard]] std::string whole() const {
    std::string bytes = head;
    for (const std::string& entry : entries)
      bytes += entry;
    return bytes;
  }
};

Recorded record(std::uint64_t seed) {
  Session session(seed);
  Recorded recorded{.head = segment_head(session.world().stack(), 3), .entries = {}};
  session.world().recorder = [&](const Event& event, const Now& now, const Actions& actions) {
    recorded.entries.push_back(segment_entry(event, now, actions));
  };
  session.live(80);
  return recorded;
}

struct Played {
  std::size_t events = 0;
  std::size_t differ = 0;
  std::size_t unread = 0;
  std::string error;
};

Played play(std::string bytes) {
  auto replay = Replay::open(std::move(bytes));
  if (!replay) return {.events = 0, .differ = 0, .unread = 0, .error = replay.error().what};
  Played played;
  for (;;) {
    const auto moment = replay.value().next();
    if (!moment) played.error = moment.error().what;
    if (!moment || !moment.value()) break;
    ++played.events;
    if (moment.value()->differs) ++played.differ;
  }
  played.unread = replay.value().unread();
  return played;
}

} // namespace

TEST_CASE("record: a session that is played again decides the same") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Recorded recorded = record(seed);
    const Played played = play(recorded.whole());
    CHECK(played.error == "");
    CHECK(played.events == recorded.entries.size());
    CHECK(played.differ == 0);
    CHECK(played.unread == 0);
  }
}

TEST_CASE("record: a segment in the middle stands for itself, and says what was lost before it") {
  Session session(9);
  std::string segment;
  std::size_t events = 0;
  session.world().recorder = [&](const Event& event, const Now& now, const Actions& actions) {
    if (!segment.empty()) segment += segment_entry(event, now, actions);
    if (++events == 100) segment = segment_head(session.world().stack(), 17);
  };
  session.live(80);
  const Played played = play(segment);
  CHECK(played.events == events - 100);
  CHECK(played.differ == 0);
  CHECK(Replay::open(segment).value().lost_before() == 17);
}

TEST_CASE("record: goes on over a change of the configuration") {
  auto spec = std::make_shared<const StackSpec>(stack_of("db; web: db"));
  Stack stack(spec, Now{});
  std::string segment = segment_head(stack, 0);
  const auto take = [&](const Event& event) {
    Actions actions;
    step(stack, event, Now{}, actions);
    segment += segment_entry(event, Now{}, actions);
  };
  take(StackStarted{});
  auto next = std::make_shared<const StackSpec>(stack_of("db; web: db; worker: web"));
  take(ConfigurationChanged{.spec = next, .reload = {{2}}, .done = {}, .by = "root"});
  take(CommandAsked{.verb = Verb::stop, .services = {{2}}, .by = "root"});
  const Played played = play(segment);
  CHECK(played.error == "");
  CHECK(played.events == 3);
  CHECK(played.differ == 0);
}

TEST_CASE("record: another event than was taken is seen by what follows from it") {
  Recorded recorded = record(2);
  const ShutdownAsked other{"root"};
  // With the digest of what was decided about another.
  recorded.entries[0] = segment_entry(other, Now{}, {Spawn{{0}, {1}}});
  const Played played = play(recorded.whole());
  CHECK(played.events == recorded.entries.size());
  CHECK(played.differ > 0);
}

TEST_CASE("record: a last entry that is not whole is ignored, wherever it was cut") {
  const Recorded recorded = record(3);
  const std::string whole = recorded.whole();
  const std::size_t last = recorded.entries.back().size();
  for (std::size_t cut = 1; cut < last; ++cut) {
    const Played played = play(whole.substr(0, whole.size() - cut));
    CHECK(played.error == "");
    CHECK(played.events == recorded.entries.size() - 1);
    CHECK(played.unread == last - cut);
  }
  // As a machine that went down may leave it.
  const Played zeros = play(whole + std::string(100, '\0'));
  CHECK(zeros.events == recorded.entries.size());
  CHECK(zeros.unread == 100);
  std::string bad = whole;
  bad.back() = static_cast<char>(bad.back() ^ 1);
  CHECK(play(bad).events == recorded.entries.size() - 1);
  CHECK(play(bad).error == "");
}

TEST_CASE("record: damage before the end is told, with its place") {
  const Recorded recorded = record(4);
  std::string bytes = recorded.whole();
  const std::size_t place = recorded.head.size() + recorded.entries[0].size() + 9;
  bytes[place] = static_cast<char>(bytes[place] ^ 1);
  const Played played = play(bytes);
  CHECK(played.events == 1);
  CHECK(played.error == "damaged at byte " + std::to_string(place - 9) + ": the checksum is another");

  for (const std::size_t at : {std::size_t{0}, std::size_t{9}, std::size_t{20}, recorded.head.size() / 2}) {
    std::string head = recorded.head;
    head[at] = static_cast<char>(head[at] ^ 1);
    CHECK(play(head).error != "");
  }
  CHECK(play("").error == "it ends within its head");
  CHECK(play("something that is no record").error == "it is something else");
}

TEST_CASE("record: whatever an entry holds, it is refused or played") {
  const Recorded recorded = record(5);
  Dice dice(6);
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes = recorded.head;
    const std::size_t changed = dice.below(50);
    for (std::size_t at = 0; at < 60; ++at) {
      std::string entry = recorded.entries[at];
      if (at == changed) {
        std::string content = entry.substr(8);
        content[dice.below(content.size())] = static_cast<char>(dice.below(dice.percent(50) ? 12 : 256));
        entry.resize(4);
        append_u32(entry, checksum(content, checksum(entry)));
        entry += content;
      }
      bytes += entry;
    }
    const Played played = play(std::move(bytes));
    CHECK(played.events >= changed);
  }
}
