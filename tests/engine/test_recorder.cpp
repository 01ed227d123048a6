#include "engine/recorder.h"
#include "recorded.h"
#include "stack_under_test.h"
#include "support/catch.h"

#include <atomic>
#include <poll.h>
#include <sys/mount.h>

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

/// A stack of one service whose events are recorded as the engine does.
class Life {
public:
  Life() : stack_(spec(), now_) {}

  void take(Recorder& recorder, const model::Event& event) {
    now_.mono += 1ms;
    model::Actions actions;
    recorder.before(stack_, now_);
    model::step(stack_, event, now_, actions);
    recorder.after(event, now_, actions);
    ++taken_;
  }
  void pass(Duration span) { now_.mono += span; }
  [[nodiscard]] std::size_t taken() const { return taken_; }

private:
  static std::shared_ptr<const model::StackSpec> spec() {
    model::StackSpec spec;
    spec.services.emplace_back().name = "a";
    return std::make_shared<const model::StackSpec>(spec);
  }

  Now now_;
  model::Stack stack_;
  std::size_t taken_ = 0;
};

model::Event said(std::size_t size) {
  model::ServiceNotified event;
  event.status = std::string(size, 'x');
  return event;
}

Recorder::Options in(const std::string& directory) {
  Recorder::Options options;
  options.directory = directory;
  options.trouble = [](const std::string& line) { FAIL("trouble: " << line); };
  return options;
}

} // namespace

TEST_CASE("recorder: all that entered the model can be played again, over many segments") {
  const Scratch scratch;
  auto options = in(scratch / "record");
  options.segment_size = 10'000;
  options.kept = 1U << 20U;
  Life life;
  {
    Recorder recorder(options);
    life.take(recorder, model::StackStarted{});
    for (int i = 0; i < 1000; ++i)
      life.take(recorder, said(100));
    CHECK(recorder.lost() == 0);
  }
  const Recorded recorded = recorded_in(scratch / "record");
  CHECK(recorded.error == "");
  CHECK(recorded.segments >= 10);
  CHECK(recorded.events == life.taken());
  CHECK(recorded.differ == 0);
}

TEST_CASE("recorder: is bounded on the disk") {
  const Scratch scratch;
  auto options = in(scratch / "record");
  options.segment_size = 10'000;
  options.kept = 30'000;
  Life life;
  {
    Recorder recorder(options);
    for (int i = 0; i < 2000; ++i)
      life.take(recorder, said(100));
  }
  std::uintmax_t size = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch / "record"))
    size += entry.file_size();
  CHECK(size > 10'000);
  CHECK(size < 50'000);
  const Recorded recorded = recorded_in(scratch / "record");
  CHECK(recorded.error == "");
  CHECK(recorded.differ == 0);
}

TEST_CASE("recorder: a disk that stands still holds nobody up, and what was lost is told") {
  const Scratch scratch;
  auto options = in(scratch / "record");
  std::atomic<int> troubles = 0;
  std::atomic<bool> let_go = false;
  options.directory = scratch / "missing/record";
  options.most_waiting = 20'000;
  // The writer tells of its error and so is held up, as by a disk.
  options.trouble = [&](const std::string& line) {
    ++troubles;
    while (line.find("No such file") != std::string::npos && !let_go)
      ::poll(nullptr, 0, 1);
  };
  Life life;
  Recorder recorder(options);
  life.take(recorder, said(100));
  REQUIRE(comes_true([&] { return troubles == 1; }));
  std::filesystem::create_directory(scratch / "missing");
  for (int i = 0; i < 1000; ++i)
    life.take(recorder, said(100));
  CHECK_FALSE(recorder.drain(1ms));
  CHECK(troubles == 2);
  let_go = true;
  REQUIRE(recorder.drain(10s));
  // Not at each event is a disk asked that had refused.
  life.take(recorder, said(100));
  CHECK(recorder.lost() > 0);
  life.pass(1min);
  life.take(recorder, said(100));
  life.take(recorder, said(100));
  REQUIRE(recorder.drain(10s));
  const Recorded recorded = recorded_in(scratch / "missing/record");
  CHECK(recorded.error == "");
  CHECK(recorded.events + recorder.lost() == life.taken());
  CHECK(recorded.lost == recorder.lost());
  CHECK(recorded.events > 0);
  CHECK(recorded.differ == 0);
}

TEST_CASE("recorder: on a full disk it tells once, and goes on when there is room again") {
  const Scratch scratch;
  REQUIRE(::mount("tmpfs", scratch.path().c_str(), "tmpfs", 0, "size=64k") == 0);
  auto options = in(scratch / "record");
  std::atomic<int> troubles = 0;
  options.trouble = [&](const std::string& line) {
    CHECK(line.find("No space left on device") != std::string::npos);
    ++troubles;
  };
  Life life;
  {
    Recorder recorder(options);
    for (int i = 0; i < 2000; ++i) {
      life.take(recorder, said(1000));
      REQUIRE(recorder.drain(10s));
      life.pass(1s);
    }
    CHECK(troubles >= 1);
    CHECK(troubles < 300);
    CHECK(recorder.lost() > 0);
    // Until one is lost: then no segment is open, which would go with the files that are removed.
    for (std::uint64_t lost = recorder.lost(); recorder.lost() == lost; life.pass(1s)) {
      life.take(recorder, said(1000));
      REQUIRE(recorder.drain(10s));
    }
    for (const auto& entry : std::filesystem::directory_iterator(scratch / "record"))
      std::filesystem::remove(entry);
    life.pass(1min);
    for (int i = 0; i < 3; ++i)
      life.take(recorder, said(10));
  }
  const Recorded recorded = recorded_in(scratch / "record");
  CHECK(recorded.error == "");
  CHECK(recorded.events == 3);
  CHECK(recorded.differ == 0);
  REQUIRE(::umount2(scratch.path().c_str(), MNT_DETACH) == 0);
}

TEST_CASE("recorder: the record of a daemon decides the same when it is played again") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"}), Place::service("b", {"run"})}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  REQUIRE(stack.tells("b 1 starting>ready"));
  REQUIRE(::kill(stack.pids("a", 1).at(0), SIGKILL) == 0);
  REQUIRE(stack.tells("a 2 starting>ready"));
  stack.ask("restart b");
  REQUIRE(stack.tells("b 2 starting>ready"));
  REQUIRE(stack.ends_well());
  const Recorded recorded = recorded_in(place / "state/record");
  CHECK(recorded.error == "");
  CHECK(recorded.segments == 1);
  CHECK(recorded.events > 10);
  CHECK(recorded.differ == 0);
}

TEST_CASE("recorder: the record of an engine that was killed can be played again") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"})}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  // What the engine has told is in the record a moment later.
  REQUIRE(comes_true([&] { return recorded_in(place / "state/record").events >= 2; }));
  stack.lose_engines();
  REQUIRE(stack.exit_code() == 70);
  const Recorded recorded = recorded_in(place / "state/record");
  CHECK(recorded.error == "");
  CHECK(recorded.segments == 1);
  CHECK(recorded.differ == 0);
}
