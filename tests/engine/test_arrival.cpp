// What an engine reads of what is held, during an upgrade and while it is tried: in a process of its own, at
// the numbers at which the anchor leaves it.

#include "engine/arrival.h"

#include "engine/last_stop_rows.h"
#include "linux/processes.h"
#include "model/envelope.h"
#include "restless_stack.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;

namespace {

std::string all_of(int memory) {
  struct stat info {};
  if (::fstat(memory, &info) != 0) return {};
  std::string all(static_cast<std::size_t>(info.st_size), '\0');
  all.resize(static_cast<std::size_t>(std::max<ssize_t>(::pread(memory, all.data(), all.size(), 0), 0)));
  return all;
}

bool is_same(int a, int b) {
  struct stat one {};
  struct stat other {};
  return ::fstat(a, &one) == 0 && ::fstat(b, &other) == 0 && one.st_ino == other.st_ino;
}

config::KeptFiles kept_files(const std::string& text) {
  config::KeptFiles kept;
  kept.file = "/f";
  kept.sources.push_back(std::make_shared<config::Source>(config::Source{.path = "/f", .text = text}));
  return kept;
}

EventRecord event_of(std::uint64_t sequence) {
  EventRecord record;
  record.sequence = sequence;
  record.why = "event " + std::to_string(sequence);
  return record;
}

/// What an engine left that was killed in the middle of a reload: the one that its state belongs to is
/// prepared and not in force, and the last events are of a step that was not saved.
class Left {
public:
  Left() {
    const auto made = wire::make_last_stop();
    REQUIRE(made.ok());
    table_memory_ = Fd(made.value());
    table_ = wire::map_last_stop(table_memory_.get()).value();
    std::vector<std::string> found;
    auto tree = Tree::make(
        {.base = cgroup_ / "base", .stack = "restless", .services = {"s0", "s1"}, .supervisors = {}}, found);
    REQUIRE(tree);
    LastStopRows rows(*table_);
    rows.set_place(tree.value().place());
    rows.set_stack(tree.value().stack(), tree.value().observer(), scratch_ / "open");
    table_->life.number = 2;

    const auto prepared = kept_.prepare(kept_files("accepted"));
    REQUIRE(prepared);
    for (std::uint64_t sequence = 1; sequence <= 5; ++sequence)
      events_.add(event_of(sequence));
    model::Actions actions;
    model::step(stack_, model::StackStarted{}, Now{}, actions);
    state_.set_facts(encode(
        EngineFacts{.configuration = prepared.value(), .events = 3, .commands = "what was asked for"}));
    REQUIRE(state_.save(stack_, {}));
    // Begun, as a capture begins it.
    REQUIRE(linux_os::LogMemory::map(logs_.memory.get()));
  }

  /// What `act` says, in a process in which all of it is held; with the memories for a trial, or with those
  /// that a former build may return to.
  enum class Also { nothing, trial, former };
  std::string in_engine(Also also, const std::function<std::string(Held&)>& act) {
    const Fd said(::memfd_create("said", MFD_CLOEXEC));
    Child engine([&] {
      hold(wire::logs_slot, logs_.memory.get());
      if (also != Also::trial) hold_memories({wire::state_slot, wire::configuration_slot, wire::events_slot});
      if (also == Also::trial)
        hold_memories({wire::trial_state_slot, wire::trial_configuration_slot, wire::trial_events_slot});
      if (also == Also::former)
        hold_memories({wire::former_state_slot, wire::former_configuration_slot, wire::former_events_slot});
      hold(wire::observer_slot, said.get());
      auto held = Held::find();
      const std::string text = act(held);
      return ::write(said.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
    });
    CHECK(engine.wait() == 0);
    return all_of(said.get());
  }

  /// Whether it could come back; where not, why.
  std::string try_out(const LoadKept& load) {
    return in_engine(Also::trial, [&](Held& held) {
      const auto tried = engine::try_out(*table_, held, load);
      return tried ? std::string("could come back") : tried.error().what;
    });
  }
  std::string try_out() {
    return try_out([this](const config::KeptFiles& kept) { return loaded(kept); });
  }

  /// As engine() tells it.
  std::string come_back(Also also) {
    return in_engine(also, [this](Held& held) {
      const auto arrival = engine::come_back(*table_, ::getpid(), held,
                                             [this](const config::KeptFiles& kept) { return loaded(kept); });
      return arrival ? words(arrival.value()) : arrival.error().what;
    });
  }

  /// In words: what an arrival is made of, and whether it is in the memories that were found.
  std::string words(const Arrival& arrival) const {
    const auto of_whom = [](int memory, int found) {
      return std::string(is_same(memory, found) ? " (found)" : " (new)");
    };
    std::string text;
    for (const std::string& line : arrival.found)
      text += line + "\n";
    text += arrival.comes_back ? "comes back\n" : "begins\n";
    text += "state" + of_whom(arrival.state.fd(), state_.fd()) + "\n";
    const bool same = arrival.stack && bytes_of(*arrival.stack) == bytes_of(stack_);
    text += same ? "the stack of before\n" : "another stack\n";
    text += "commands: " + arrival.facts.commands + "\n";
    const auto files = arrival.kept.read(arrival.kept.in_force());
    text += "configuration: " + (files ? files.value().sources.at(0)->text : files.error().what) +
            of_whom(arrival.kept.memory(), kept_.memory()) + "\n";
    text += arrival.facts.configuration == arrival.kept.in_force() ? "" : "no configuration of the state\n";
    text += "events:";
    for (const EventRecord& event : arrival.events.records())
      text += " " + std::to_string(event.sequence);
    text += of_whom(arrival.events.fd(), events_.fd()) + "\n";
    text += arrival.observer.valid() ? "the observer of before\n" : "an observer of its own\n";
    return text;
  }

  [[nodiscard]] config::Loaded loaded(const config::KeptFiles& kept) const {
    config::Loaded loaded;
    loaded.kept = kept;
    loaded.stack = stack_.spec();
    return loaded;
  }

  /// All bytes of all that it left.
  [[nodiscard]] std::vector<std::string> bytes() const {
    return {all_of(state_.fd()), all_of(kept_.memory()), all_of(events_.fd()), all_of(logs_.memory.get())};
  }

  [[nodiscard]] int state() const { return state_.fd(); }
  [[nodiscard]] int configuration() const { return kept_.memory(); }
  [[nodiscard]] int events() const { return events_.fd(); }
  [[nodiscard]] int logs() const { return logs_.memory.get(); }
  [[nodiscard]] wire::LastStopTable& table() { return *table_; }
  void save_facts(const EngineFacts& facts) {
    state_.set_facts(encode(facts));
    REQUIRE(state_.save(stack_, {}));
  }

private:
  [[nodiscard]] std::shared_ptr<const model::StackSpec> spec() const {
    model::StackSpec spec = chain_of(2);
    spec.log_directory = scratch_ / "log";
    return std::make_shared<const model::StackSpec>(std::move(spec));
  }
  static void hold(std::int32_t slot, int descriptor) { ::dup2(descriptor, wire::held_fd(slot)); }
  struct Slots {
    std::int32_t state;
    std::int32_t configuration;
    std::int32_t events;
  };
  void hold_memories(const Slots& slots) const {
    hold(slots.state, state_.fd());
    hold(slots.configuration, kept_.memory());
    hold(slots.events, events_.fd());
  }

  TestCgroup cgroup_;
  Scratch scratch_;
  Fd table_memory_;
  wire::LastStopTable* table_ = nullptr;
  KeptConfiguration kept_ = KeptConfiguration::make(kept_files("before the reload")).value();
  EventRing events_ = EventRing::make().value();
  StateMemory state_ = StateMemory::make().value();
  linux_os::LogHold logs_ = linux_os::LogHold::make().value();
  model::Stack stack_{spec(), Now{}};
};

void overwrite(int memory, off_t at, std::uint64_t value) {
  REQUIRE(::pwrite(memory, &value, sizeof value, at) == sizeof value);
}

} // namespace

TEST_CASE("arrival: what a former build may return to is left as it is") {
  Left left;
  const auto before = left.bytes();
  CHECK(left.come_back(Left::Also::former) == "comes back\n"
                                              "state (new)\n"
                                              "the stack of before\n"
                                              "commands: what was asked for\n"
                                              "configuration: accepted (new)\n"
                                              "events: 1 2 3 (new)\n"
                                              "an observer of its own\n");
  const bool same = left.bytes() == before;
  CHECK(same);
}

TEST_CASE("arrival: of the same build it goes on in the memories that it finds") {
  Left left;
  const std::string told = "comes back\n"
                           "state (found)\n"
                           "the stack of before\n"
                           "commands: what was asked for\n"
                           "configuration: accepted (found)\n"
                           "events: 1 2 3 (found)\n"
                           "the observer of before\n";
  CHECK(left.come_back(Left::Also::nothing) == told);
  CHECK(left.come_back(Left::Also::nothing) == told);
}

TEST_CASE("arrival: a build that comes back without the saved state leaves it as it is too") {
  Left left;
  left.table().life.distrusts_state = 1;
  const auto before = left.bytes();
  const std::string told = left.come_back(Left::Also::former);
  CHECK(told.find("two engines in a row ended before they had taken over; the saved state is not read\n") !=
        std::string::npos);
  CHECK(told.find("state (new)\n") != std::string::npos);
  CHECK(told.find("events: 1 2 3 4 5 (new)\n") != std::string::npos);
  const bool same = left.bytes() == before;
  CHECK(same);
}

TEST_CASE("trial: it is passed by a build that reads all and nothing is changed by it") {
  Left left;
  const auto before = left.bytes();
  const std::string table(reinterpret_cast<const char*>(&left.table()), sizeof left.table());
  CHECK(left.try_out() == "could come back");
  bool same = left.bytes() == before;
  CHECK(same);
  same = table == std::string_view(reinterpret_cast<const char*>(&left.table()), sizeof left.table());
  CHECK(same);
}

TEST_CASE("trial: what the build does not read is told and nothing else") {
  Left left;
  std::string why;
  SECTION("a state of another format") {
    overwrite(left.state(), 8, 1 | std::uint64_t{model::format + 1} << 32);
    why = "the memory of the state: format " + std::to_string(model::format + 1) + ", this build reads " +
          std::to_string(model::format);
  }
  SECTION("a damaged state") {
    overwrite(left.state(), 16, 17);
    why = "the memory of the state: its head is damaged";
  }
  SECTION("a state in which nothing was saved") {
    const auto empty = StateMemory::make();
    REQUIRE(empty);
    const std::string bytes = all_of(empty.value().fd());
    REQUIRE(::ftruncate(left.state(), static_cast<off_t>(bytes.size())) == 0);
    REQUIRE(::pwrite(left.state(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    why = "the memory of the state: nothing was saved in it";
  }
  SECTION("a state of another configuration") {
    left.save_facts({.configuration = 77, .events = 3, .commands = {}});
    why = "the kept configuration is not that of the saved state";
  }
  SECTION("a configuration of another format") {
    overwrite(left.configuration(), 0, 0);
    why = "the kept configuration: it is something else, or of another format";
  }
  SECTION("a damaged configuration") {
    // Of both that are kept: the other one is not looked at.
    std::string bytes = all_of(left.configuration());
    for (std::size_t at = bytes.find("accepted"); at != std::string::npos;
         at = bytes.find("accepted", at + 1))
      overwrite(left.configuration(), static_cast<off_t>(at), 0);
    why = "the kept configuration: it is damaged: its checksum is another";
  }
  SECTION("damaged events") {
    overwrite(left.events(), 8, 77);
    why = "the memory of the events: layout 77, this build reads 1";
  }
  SECTION("logs of another version") {
    overwrite(left.logs(), 8, 77);
    why = "memory of the logs: of version 77, where 1 is understood";
  }
  SECTION("no tree of cgroups") {
    left.table().stack[0] = '\0';
    why = "no tree of cgroups was made";
  }
  CHECK(left.try_out() == why);
}

TEST_CASE("trial: a configuration that the build takes for mistaken is told with its first mistake") {
  Left left;
  const auto mistaken = [](const config::KeptFiles& kept) {
    config::Loaded loaded;
    loaded.kept = kept;
    loaded.diagnostics.push_back({.severity = config::Severity::error,
                                  .file = kept.file,
                                  .line = 1,
                                  .column = 1,
                                  .message = "unknown key"});
    return loaded;
  };
  CHECK(left.try_out(mistaken) == "the kept configuration has mistakes: /f:1:1: error: unknown key");
}
