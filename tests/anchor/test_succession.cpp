// What becomes of the stack when its engine dies or hangs.

#include "puppet.h"
#include "support/catch.h"

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

/// Each engine at once, however many died.
constexpr anchor::Patience never_paused{.window = Duration{}};

/// Nothing but what a test does wakes the anchor.
constexpr anchor::Patience undisturbed{.pulse = 1h, .first_pulse = 1h};

bool is_locked(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(fd.valid());
  return ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0;
}

std::string slot(std::int32_t number) {
  return std::to_string(number);
}

void set_descriptor_limit(int pid, rlim_t soft) {
  rlimit limit{};
  REQUIRE(::prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) == 0);
  limit.rlim_cur = soft;
  REQUIRE(::prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) == 0);
}

/// An executable that can be made one that is not.
std::string copy_puppet(const Scratch& scratch) {
  std::filesystem::copy_file(HOLDFAST_TEST_PUPPET, scratch / "engine");
  return scratch / "engine";
}

} // namespace

TEST_CASE("succession: an engine that dies is followed by another one, and no service notices") {
  PuppetShow show;
  const int first = show.engine();
  const int service = show.spawn("spawn pause");
  CHECK(show.ask("life") == "1 0 0 0");
  SECTION("killed") {
    show.lose_engine();
    CHECK(show.ask("life") == "2 0 2 9");
    CHECK(show.said() == "holdfast: the engine was lost (signal 9); another one is started\n");
  }
  SECTION("by itself, without a word") {
    show.tell("exit 5");
    CHECK(show.ask("life") == "2 0 1 5");
    CHECK(show.said() == "holdfast: the engine was lost (exit code 5); another one is started\n");
  }
  CHECK(show.engine() != first);
  CHECK(state_of(first).empty());
  CHECK(state_of(service) == "S");
  CHECK(show.ask("finish 3") == "sent");
  show.tell("exit 0");
  CHECK(show.exit_code() == 3);
}

TEST_CASE("succession: an exit that was told and not accounted for is told to the next engine at once") {
  PuppetShow show(undisturbed);
  const int pid = show.spawn("spawn exit 7");
  SECTION("killed when it has heard of it") {
    CHECK(show.ask("hear") == exited(pid, CLD_EXITED, 7));
  }
  SECTION("killed before it has read that") {
    REQUIRE(comes_true([&] { return state_of(pid) == "Z"; }));
  }
  show.tell("die");
  CHECK(show.ask("hear") == exited(pid, CLD_EXITED, 7));
  CHECK(show.ask("peek") == "nothing");
  CHECK(state_of(pid) == "Z");
  show.ask("reap " + std::to_string(pid));
  CHECK(comes_true([&] { return state_of(pid).empty(); }));
}

TEST_CASE("succession: an exit that was accounted for in the engine's last moment is not told again") {
  PuppetShow show;
  const int first = show.spawn("spawn exit 1");
  CHECK(show.ask("hear") == exited(first, CLD_EXITED, 1));
  CHECK(show.ask("reap " + std::to_string(first)) == "sent");
  show.tell("die");
  const int second = show.spawn("spawn exit 2");
  CHECK(show.ask("hear") == exited(second, CLD_EXITED, 2));
  CHECK(state_of(first).empty());
}

TEST_CASE("succession: a signal is told to each engine at once until one took it") {
  PuppetShow show(undisturbed);
  show.wait_for_engine();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    REQUIRE(::kill(show.anchor(), signal) == 0);
    CHECK(show.ask("hear") == signalled(signal));
    show.lose_engine();
    CHECK(show.ask("hear") == signalled(signal));
    CHECK(show.ask("took " + std::to_string(signal)) == "sent");
  }
  show.lose_engine();
  // Were one of the others still due, it would come with this one or before it.
  REQUIRE(::kill(show.anchor(), SIGTERM) == 0);
  CHECK(show.ask("hear") == signalled(SIGTERM));
  show.lose_engine();
  CHECK(show.ask("hear") == signalled(SIGTERM));
}

TEST_CASE("succession: from the sixth death on the next engine comes later; what happens meanwhile waits") {
  PuppetShow show({.pause = 500ms});
  const int service = show.spawn("spawn pause");
  for (int i = 1; i <= 5; ++i) {
    CHECK(show.ask("life").starts_with(std::to_string(i) + " 0 "));
    show.lose_engine();
  }
  const int sixth = show.engine();
  const auto died = std::chrono::steady_clock::now();
  show.lose_engine();
  REQUIRE(comes_true([&] { return state_of(sixth).empty(); }));
  const std::uint64_t before = ticks_of(show.anchor());
  REQUIRE(::kill(show.anchor(), SIGTERM) == 0);
  REQUIRE(::kill(service, SIGKILL) == 0);
  CHECK(show.ask("hear") == signalled(SIGTERM));
  CHECK(std::chrono::steady_clock::now() - died >= 500ms);
  CHECK(ticks_of(show.anchor()) - before < 10);
  CHECK(show.ask("hear") == exited(service, CLD_KILLED, SIGKILL));
  CHECK(show.ask("life") == "7 0 2 9");
}

TEST_CASE("succession: an engine whose pulse stands still is killed") {
  PuppetShow show({.pulse = 1s});
  const int service = show.spawn("spawn pause");
  REQUIRE(show.ask("beat 5") == "done");
  const int engine = show.engine();
  REQUIRE(::kill(engine, SIGSTOP) == 0);
  CHECK(comes_true([&] { return state_of(engine).empty(); }));
  CHECK(show.ask("life").ends_with(" 2 9"));
  CHECK(show.said().starts_with("holdfast: the engine gave no sign of life for 1 s and is killed\n"));
  CHECK(state_of(service) == "S");
}

TEST_CASE("succession: an engine that never shows a pulse is given its first time and then killed") {
  PuppetShow show({.pulse = 20ms, .first_pulse = 500ms});
  const auto begun = std::chrono::steady_clock::now();
  const int engine = show.engine();
  CHECK(comes_true([&] { return state_of(engine).empty(); }));
  CHECK(std::chrono::steady_clock::now() - begun >= 400ms);
  CHECK(show.ask("life") == "2 0 2 9");
}

TEST_CASE("succession: an engine with a pulse lives on") {
  PuppetShow show({.pulse = 2s, .first_pulse = 2s});
  REQUIRE(show.ask("beat 20") == "done");
  ::poll(nullptr, 0, 3000);
  CHECK(show.ask("life") == "1 0 0 0");
}

TEST_CASE(
    "succession: the third of those that never take over is not to trust the state, the fifth ends it") {
  PuppetShow show;
  SECTION("one takes over in time") {
    CHECK(show.ask("life").starts_with("1 0 "));
    show.tell("die");
    CHECK(show.ask("life").starts_with("2 0 "));
    show.tell("die");
    CHECK(show.ask("life").starts_with("3 1 "));
    show.lose_engine();
    CHECK(show.ask("life").starts_with("4 0 "));
    // It was the engine before that had taken over.
    show.tell("die");
    CHECK(show.ask("life").starts_with("5 0 "));
    show.tell("die");
    CHECK(show.ask("life").starts_with("6 1 "));
  }
  SECTION("none does") {
    const std::string leaf = show.make_leaf("leaf");
    const std::string door = show.scratch() / "open";
    std::ofstream(door) << "";
    const int service = show.spawn("pause " + leaf);
    show.ask("row 0 " + std::to_string(service) + " 0 15 60000 " + leaf);
    show.ask("door " + door);
    for (int i = 1; i <= 4; ++i) {
      CHECK(show.ask("life").starts_with(std::to_string(i)));
      show.tell("die");
    }
    CHECK(show.ask("life").starts_with("5 1 "));
    CHECK(state_of(service) == "S");
    CHECK(std::filesystem::exists(door));
    show.tell("die");
    CHECK(show.exit_code() == wire::engine_lost);
    CHECK(state_of(service).empty());
    CHECK_FALSE(std::filesystem::exists(door));
  }
}

TEST_CASE("succession: an engine that cannot start where another one was is no end in order") {
  PuppetShow show;
  show.lose_engine();
  CHECK(show.ask("finish 4") == "sent");
  show.tell("exit 4");
  CHECK(show.ask("life") == "3 0 1 4");
  // Any other end is one.
  CHECK(show.ask("finish 1") == "sent");
  show.tell("exit 1");
  CHECK(show.exit_code() == 1);
}

TEST_CASE("succession: the last word counts behind however many others") {
  PuppetShow show;
  const int engine = show.engine();
  REQUIRE(::kill(show.anchor(), SIGSTOP) == 0);
  REQUIRE(comes_true([&] { return state_of(show.anchor()) == "T"; }));
  REQUIRE(show.ask("crowd 10000") == "done");
  REQUIRE(show.ask("finish 3") == "sent");
  show.tell("exit 0");
  REQUIRE(comes_true([&] { return state_of(engine) == "Z"; }));
  REQUIRE(::kill(show.anchor(), SIGCONT) == 0);
  CHECK(show.exit_code() == 3);
}

TEST_CASE("succession: what is held has the same number in the next engine, and is the same open file") {
  PuppetShow show(never_paused);
  const std::string path = show.scratch() / "file";
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const auto most = static_cast<std::int32_t>(std::min<rlim_t>(limit.rlim_max, 1'000'000));
  const std::int32_t last = std::min(wire::hold_slots, most - wire::first_held_fd) - 1;
  for (const std::int32_t n : {wire::lock_slot, last}) {
    const std::string file = path + slot(n);
    REQUIRE(show.ask("hold " + file + " " + slot(n)) == "sent");
    show.lose_engine();
    CHECK(show.ask("seek " + slot(n) + " 5") == "done");
    show.lose_engine();
    CHECK(show.ask("offset " + slot(n)) == "5");
    CHECK(is_locked(file));
  }
  CHECK(show.ask("descriptors") == "0 1 2 3 4 " + std::to_string(wire::held_fd(wire::lock_slot)) + " " +
                                       std::to_string(wire::held_fd(last)));
}

TEST_CASE("succession: what is held gives way to another one in its slot and goes when it is dropped") {
  PuppetShow show;
  const std::string early = show.scratch() / "early";
  const std::string late = show.scratch() / "late";
  REQUIRE(show.ask("hold " + early + " 7") == "sent");
  REQUIRE(show.ask("hold " + late + " 7") == "sent");
  show.lose_engine();
  CHECK(show.ask("offset 7") == "0");
  CHECK(is_locked(late));
  CHECK_FALSE(is_locked(early));
  REQUIRE(show.ask("drop 7") == "sent");
  show.lose_engine();
  CHECK(show.ask("offset 7") == "closed");
  CHECK_FALSE(is_locked(late));
}

TEST_CASE("succession: no slot but those that exist holds or drops anything") {
  PuppetShow show(never_paused);
  const std::string file = show.scratch() / "file";
  for (const int n : {wire::hold_slots, -1, -60, -64, 1'000'000}) {
    REQUIRE(show.ask("hold " + file + " " + slot(n)) == "sent");
    const int engine = show.engine();
    show.lose_engine();
    REQUIRE(comes_true([&] { return state_of(engine).empty(); }));
    CHECK_FALSE(is_locked(file));
    // Some of these numbers would be those of descriptors that the anchor needs.
    REQUIRE(show.ask("drop " + slot(n)) == "sent");
  }
  const int pid = show.spawn("spawn exit 7");
  CHECK(show.ask("hear") == exited(pid, CLD_EXITED, 7));
}

TEST_CASE("succession: what cannot be held is passed over, and the anchor goes on") {
  PuppetShow show;
  show.wait_for_engine();
  const std::string file = show.scratch() / "file";
  set_descriptor_limit(show.anchor(), wire::first_held_fd + 10);
  REQUIRE(show.ask("hold " + file + " 10") == "sent");
  REQUIRE(show.ask("hold " + file + "9 9") == "sent");
  show.lose_engine();
  CHECK(show.ask("offset 10") == "closed");
  CHECK(show.said().starts_with("holdfast: descriptor 74 cannot be held for the next engine: Bad file"));
  CHECK(show.ask("offset 9") == "0");
}

TEST_CASE("succession: no descriptor is left behind by a thousand engines") {
  PuppetShow show(never_paused);
  REQUIRE(show.ask("hold " + show.scratch() / "file" + " 3") == "sent");
  show.lose_engine();
  REQUIRE(show.ask("life").starts_with("2 "));
  const auto before = descriptors_of(show.anchor());
  for (int i = 0; i < 1000; ++i)
    show.lose_engine();
  CHECK(show.ask("life").starts_with("1002 "));
  CHECK(show.ask("descriptors") == "0 1 2 3 4 67");
  CHECK(descriptors_of(show.anchor()) == before);
}

TEST_CASE("succession: each engine has the limit of descriptors that the first one had") {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  REQUIRE(limit.rlim_max > 500);
  set_descriptor_limit(::getpid(), 500);
  PuppetShow show;
  set_descriptor_limit(::getpid(), limit.rlim_cur);
  CHECK(show.ask("limit") == "500");
  rlimit of_anchor{};
  REQUIRE(::prlimit(show.anchor(), RLIMIT_NOFILE, nullptr, &of_anchor) == 0);
  CHECK(of_anchor.rlim_cur == limit.rlim_max);
  show.lose_engine();
  CHECK(show.ask("limit") == "500");
}

TEST_CASE("succession: the program is that of the start, whatever lies at its path now") {
  const Scratch scratch;
  const std::string path = copy_puppet(scratch);
  PuppetShow show({}, path);
  show.wait_for_engine();
  std::filesystem::copy_file("/bin/false", scratch / "other");
  std::filesystem::rename(scratch / "other", path);
  show.lose_engine();
  CHECK(show.ask("life") == "2 0 2 9");
}

TEST_CASE("succession: an engine that cannot be had now is tried again until it can") {
  const Scratch scratch;
  const std::string path = copy_puppet(scratch);
  PuppetShow show({.pause = 10ms}, path);
  const int service = show.spawn("spawn exit 7");
  const int engine = show.engine();
  SECTION("for want of a descriptor") {
    set_descriptor_limit(show.anchor(), 6);
    show.lose_engine();
    REQUIRE(comes_true([&] { return state_of(engine).empty(); }));
    ::poll(nullptr, 0, 50);
    set_descriptor_limit(show.anchor(), 1000);
  }
  SECTION("since it may not be executed") {
    std::filesystem::permissions(path, std::filesystem::perms(0644));
    show.lose_engine();
    REQUIRE(comes_true([&] { return state_of(engine).empty(); }));
    ::poll(nullptr, 0, 50);
    std::filesystem::permissions(path, std::filesystem::perms(0755));
  }
  CHECK(show.ask("hear") == exited(service, CLD_EXITED, 7));
  CHECK(show.ask("life").ends_with(" 0 2 9"));
}

TEST_CASE("succession: engines that could not be had are counted in a row") {
  const Scratch scratch;
  const std::string path = copy_puppet(scratch);
  PuppetShow show({.window = Duration{}, .pause = 20ms}, path);
  show.wait_for_engine();
  // Each that was not executed has taken a number.
  for (int number = 1; number < 100;) {
    std::filesystem::permissions(path, std::filesystem::perms(0644));
    show.lose_engine();
    ::poll(nullptr, 0, 200);
    std::filesystem::permissions(path, std::filesystem::perms(0755));
    std::istringstream life(show.ask("life"));
    REQUIRE(life >> number);
  }
  CHECK(state_of(show.anchor()) == "S");
}

TEST_CASE("succession: where no engine can be had for too long the stack is stopped") {
  const Scratch scratch;
  const std::string path = copy_puppet(scratch);
  PuppetShow show({.pause = 1ms}, path);
  const std::string leaf = show.make_leaf("leaf");
  const int service = show.spawn("pause " + leaf);
  show.ask("row 0 " + std::to_string(service) + " 0 15 60000 " + leaf);
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  show.lose_engine();
  CHECK(show.exit_code() == wire::engine_lost);
  CHECK(state_of(service).empty());
}
