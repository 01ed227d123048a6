#include "puppet.h"
#include "support/catch.h"

#include <set>
#include <sstream>
#include <sys/prctl.h>

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("anchor: an exit is reported once, and is a zombie until it is accounted for") {
  PuppetShow show;
  const int pid = show.spawn("spawn exit 7");
  CHECK(show.ask("hear") == exited(pid, CLD_EXITED, 7));
  // A turn of the anchor later, for which the signal is the proof, nothing is told again.
  REQUIRE(::kill(show.anchor(), SIGHUP) == 0);
  CHECK(show.ask("hear") == signalled(SIGHUP));
  CHECK(show.ask("peek") == "nothing");
  CHECK(state_of(pid) == "Z");
  CHECK(show.ask("reap " + std::to_string(pid)) == "sent");
  CHECK(comes_true([&] { return state_of(pid).empty(); }));
}

TEST_CASE("anchor: of many that die at once each is reported, one after the other") {
  PuppetShow show;
  std::set<int> waiting;
  for (int i = 0; i < 20; ++i)
    waiting.insert(show.spawn("spawn pause"));
  for (const int pid : waiting)
    REQUIRE(::kill(pid, SIGKILL) == 0);
  while (!waiting.empty()) {
    std::istringstream words(show.ask("hear"));
    std::string kind;
    int pid = 0;
    int code = 0;
    int status = 0;
    words >> kind >> pid >> code >> status;
    REQUIRE(kind == "exited");
    CHECK(code == CLD_KILLED);
    CHECK(status == SIGKILL);
    CHECK(waiting.erase(pid) == 1);
    CHECK(show.ask("peek") == "nothing");
    show.ask("reap " + std::to_string(pid));
  }
}

TEST_CASE("anchor: while one exit is not accounted for, no other is reported, not even an elder child's") {
  PuppetShow show;
  const int elder = show.spawn("spawn pause");
  const int younger = show.spawn("spawn exit 1");
  CHECK(show.ask("hear") == exited(younger, CLD_EXITED, 1));
  REQUIRE(::kill(elder, SIGKILL) == 0);
  REQUIRE(comes_true([&] { return state_of(elder) == "Z"; }));
  // The second answer comes in a later turn than the first: whatever the first turn had to say came before
  // it.
  for (int turn = 0; turn < 2; ++turn) {
    REQUIRE(::kill(show.anchor(), SIGHUP) == 0);
    CHECK(show.ask("hear") == signalled(SIGHUP));
  }
  CHECK(show.ask("reap " + std::to_string(younger)) == "sent");
  CHECK(comes_true([&] { return state_of(younger).empty(); }));
  CHECK(show.ask("hear") == exited(elder, CLD_KILLED, SIGKILL));
}

TEST_CASE("anchor: only what was reported can be reaped") {
  PuppetShow show;
  const int running = show.spawn("spawn pause");
  const int first = show.spawn("spawn exit 1");
  CHECK(show.ask("hear") == exited(first, CLD_EXITED, 1));
  const int second = show.spawn("spawn exit 2");
  REQUIRE(comes_true([&] { return state_of(second) == "Z"; }));
  show.ask("reap " + std::to_string(second));
  show.ask("reap " + std::to_string(running));
  show.ask("reap 0");
  show.ask("reap -1");
  show.ask("reap " + std::to_string(first));
  CHECK(show.ask("hear") == exited(second, CLD_EXITED, 2));
  CHECK(state_of(second) == "Z");
  CHECK(state_of(running) == "S");
}

TEST_CASE("anchor: orphans become its children and are reported like any other") {
  PuppetShow show;
  const int orphan = show.spawn("spawn orphan");
  REQUIRE(::kill(orphan, SIGTERM) == 0);
  CHECK(show.ask("hear") == exited(orphan, CLD_KILLED, SIGTERM));
}

TEST_CASE("anchor: SIGTERM, SIGINT and SIGHUP are the engine's to answer") {
  PuppetShow show;
  show.wait_for_engine();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    REQUIRE(::kill(show.anchor(), signal) == 0);
    CHECK(show.ask("hear") == signalled(signal));
  }
}

TEST_CASE("anchor: the engine's last word is the exit code") {
  PuppetShow show;
  show.ask("finish 3");
  show.tell("exit 0");
  CHECK(show.exit_code() == 3);
}

TEST_CASE("anchor: it leaves no zombie to its own parent") {
  PuppetShow show;
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  const int reported = show.spawn("spawn exit 1");
  const int silent = show.spawn("spawn exit 2");
  REQUIRE(comes_true([&] { return state_of(reported) == "Z" && state_of(silent) == "Z"; }));
  show.ask("finish 0");
  show.tell("exit 0");
  CHECK(show.exit_code() == 0);
  CHECK(state_of(reported).empty());
  CHECK(state_of(silent).empty());
  CHECK(::prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
}

TEST_CASE("anchor: the engine's last word counts, though it ends without hearing all of ours") {
  PuppetShow show;
  const int pid = show.spawn("spawn exit 1");
  const int engine = show.engine();
  REQUIRE(::kill(show.anchor(), SIGHUP) == 0);
  REQUIRE(comes_true([&] { return state_of(pid) == "Z" && !is_pending(show.anchor(), SIGHUP); }));
  // It is to find the last word and the end at once.
  REQUIRE(::kill(show.anchor(), SIGSTOP) == 0);
  REQUIRE(comes_true([&] { return state_of(show.anchor()) == "T"; }));
  show.ask("finish 3");
  show.tell("exit 0");
  REQUIRE(comes_true([&] { return state_of(engine) == "Z"; }));
  REQUIRE(::kill(show.anchor(), SIGCONT) == 0);
  CHECK(show.exit_code() == 3);
}

TEST_CASE("anchor: where the first engine cannot be executed it cannot start") {
  const Scratch scratch;
  REQUIRE(replace_file(scratch / "engine", "no program", 0755));
  PuppetShow show({}, scratch / "engine");
  CHECK(show.exit_code() == wire::cannot_start);
}

TEST_CASE("anchor: an engine that is not there is an error at once") {
  const Child anchor([] {
    const auto started = anchor::Anchor::start({"/nonexistent/engine", {}});
    return !started && started.error().what == "/nonexistent/engine: No such file or directory" ? 0 : 1;
  });
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(anchor.pid()), &info, WEXITED | WNOWAIT) == 0);
  CHECK(info.si_status == 0);
}

TEST_CASE("anchor: a packet that is not a record changes nothing") {
  PuppetShow show;
  SECTION("too short") {
    CHECK(show.ask("garbage 1") == "sent");
  }
  SECTION("too long") {
    CHECK(show.ask("garbage 9000") == "sent");
  }
  SECTION("of no known kind") {
    CHECK(show.ask("kind 99") == "sent");
  }
  const int pid = show.spawn("spawn exit 7");
  CHECK(show.ask("hear") == exited(pid, CLD_EXITED, 7));
  show.ask("reap " + std::to_string(pid));
  CHECK(comes_true([&] { return state_of(pid).empty(); }));
}

TEST_CASE("anchor: descriptors that come uninvited are not kept") {
  PuppetShow show;
  const auto synchronise = [&] {
    const int pid = show.spawn("spawn exit 0");
    show.ask("hear");
    show.ask("reap " + std::to_string(pid));
    REQUIRE(comes_true([&] { return state_of(pid).empty(); }));
  };
  synchronise();
  const auto before = descriptors_of(show.anchor());
  for (int i = 0; i < 10; ++i)
    REQUIRE(show.ask("double") == "sent");
  synchronise();
  CHECK(descriptors_of(show.anchor()) == before);
}

TEST_CASE("anchor: an engine that closes its socket and lives on is killed, and another one is started") {
  PuppetShow show;
  const int engine = show.engine();
  const int service = show.spawn("spawn pause");
  show.ask("close");
  CHECK(comes_true([&] { return state_of(engine).empty(); }));
  CHECK(show.ask("life") == "2 0 2 9");
  CHECK(state_of(service) == "S");
}

TEST_CASE("anchor: an engine that never stops talking does not keep it from its work") {
  PuppetShow show;
  REQUIRE(show.ask("flood") == "done");
  REQUIRE(::kill(show.anchor(), SIGHUP) == 0);
  CHECK(show.ask("hear") == signalled(SIGHUP));
  REQUIRE(show.ask("took " + std::to_string(SIGHUP)) == "sent");
  const int engine = show.engine();
  show.tell("die");
  CHECK(comes_true([&] { return state_of(engine).empty(); }));
  CHECK(show.ask("life") == "2 0 2 9");
  // Those who flooded it went with the engine's socket, and are children like any other.
  for (int i = 0; i < 4; ++i) {
    std::istringstream words(show.ask("hear"));
    std::string kind;
    std::string pid;
    words >> kind >> pid;
    CHECK(kind == "exited");
    show.ask("reap " + pid);
  }
}

TEST_CASE("anchor: an engine that hears nothing does not stop it, and loses no exit") {
  PuppetShow show;
  show.wait_for_engine();
  // More than the socket holds.
  constexpr int many = 600;
  for (int i = 0; i < many; ++i) {
    REQUIRE(::kill(show.anchor(), SIGHUP) == 0);
    REQUIRE(comes_true([&] { return !is_pending(show.anchor(), SIGHUP); }));
  }
  const int pid = show.spawn("spawn exit 7");
  REQUIRE(comes_true([&] { return state_of(pid) == "Z"; }));
  const std::uint64_t before = ticks_of(show.anchor());
  std::string heard;
  int signals = 0;
  while ((heard = show.ask("hear")) == signalled(SIGHUP))
    ++signals;
  CHECK(signals < many);
  CHECK(heard == exited(pid, CLD_EXITED, 7));
  CHECK(ticks_of(show.anchor()) - before < 50);
}

TEST_CASE("anchor: it sleeps while nothing happens, an exit that waits to be accounted for included") {
  PuppetShow show;
  show.spawn("spawn exit 7");
  show.ask("hear");
  show.spawn("spawn exit 8");
  const std::uint64_t before = ticks_of(show.anchor());
  ::poll(nullptr, 0, 300);
  CHECK(ticks_of(show.anchor()) - before < 5);
}

TEST_CASE("anchor: the engine starts with no signal blocked, and none ignored that kills a writer") {
  PuppetShow show;
  std::istringstream lines(show.ask("signals"));
  std::string name;
  std::string mask;
  lines >> name >> mask;
  CHECK(name == "SigBlk:");
  CHECK(mask == "0000000000000000");
  lines >> name >> mask;
  CHECK(name == "SigIgn:");
  CHECK((std::stoull(mask, nullptr, 16) >> (SIGPIPE - 1) & 1U) == 0);
}

TEST_CASE("anchor: nobody reads its messages any more, and it does its work all the same") {
  const Child anchor([] {
    int ends[2];
    if (::pipe(ends) != 0 || ::dup2(ends[1], STDERR_FILENO) < 0) return 1;
    ::close(ends[0]);
    auto started = anchor::Anchor::start({"/bin/false", {}});
    return started ? started.value().run() : 1;
  });
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(anchor.pid()), &info, WEXITED | WNOWAIT) == 0);
  CHECK(info.si_code == CLD_EXITED);
  CHECK(info.si_status == wire::engine_lost);
}
