// Another build in place of the one that runs.

#include "puppet.h"
#include "support/catch.h"
#include "support/manager_socket.h"
#include "support/sanitized.h"

#include <algorithm>
#include <set>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

/// No test waits for a time that it has not set, and none of them is short by accident.
constexpr anchor::Patience patient{
    .pulse = 1h, .first_pulse = 1h, .window = Duration{}, .trial = 1h, .take_over = 1h};

std::string executed_by(int pid) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", error).string();
}

std::set<int> numbers_in(const std::string& text) {
  std::istringstream words(text);
  std::set<int> numbers;
  for (int number = 0; words >> number;)
    numbers.insert(number);
  return numbers;
}

std::set<int> children_of(int pid) {
  const std::string number = std::to_string(pid);
  return numbers_in(read_file("/proc/" + number + "/task/" + number + "/children", 1U << 20U).value());
}

int parent_of(int pid) {
  const std::string text = read_file("/proc/" + std::to_string(pid) + "/stat", 4096).value();
  return std::stoi(text.substr(text.rfind(')') + 4));
}

std::set<int> open_in(int pid) {
  std::set<int> numbers;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd"))
    numbers.insert(std::stoi(entry.path().filename()));
  return numbers;
}

/// Of those, what an exec would not close.
std::set<int> inherited_from(int pid) {
  std::set<int> numbers;
  for (const int number : open_in(pid)) {
    const auto info =
        read_file("/proc/" + std::to_string(pid) + "/fdinfo/" + std::to_string(number), 4096).value();
    const unsigned long flags = std::stoul(info.substr(info.find("flags:") + 6), nullptr, 8);
    if ((flags & static_cast<unsigned long>(O_CLOEXEC)) == 0) numbers.insert(number);
  }
  return numbers;
}

bool is_locked_by_another(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(fd.valid());
  return ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0;
}

/// Two builds, of which the first one runs.
class TwoBuilds {
public:
  explicit TwoBuilds(const anchor::Patience& patience = patient)
      : show_(patience, copy(HOLDFAST_TEST_PUPPET, "engine1"), copy(HOLDFAST_TEST_ANCHOR, "anchor1")) {
    copy(HOLDFAST_TEST_PUPPET, "engine2");
    copy(HOLDFAST_TEST_ANCHOR, "anchor2");
    // What asks for an upgrade is an engine that has adopted.
    REQUIRE(show_.ask("adopt") == "done");
    anchor_ = show_.anchor();
  }

  PuppetShow& show() { return show_; }
  std::string ask(const std::string& command) { return show_.ask(command); }
  std::string operator/(const std::string& name) const { return builds_ / name; }
  [[nodiscard]] int anchor() const { return anchor_; }

  /// What the next trials do.
  void trial(const std::string& words) { REQUIRE(replace_file(show_.scratch() / "trial", words, 0600)); }
  void begin(const std::string& anchor = "anchor2", const std::string& engine = "engine2") {
    REQUIRE(ask("next " + builds_ / anchor + " " + builds_ / engine) == "sent");
    REQUIRE(show_.tell("upgrade " + builds_ / "words"));
  }
  /// Until the anchor has become that one. Whoever answers then is an engine of it.
  void wait_for(const std::string& anchor) {
    REQUIRE(comes_true([&] { return executed_by(anchor_) == builds_ / anchor; }));
  }
  void upgrade_to(const std::string& anchor, const std::string& engine) {
    begin(anchor, engine);
    wait_for(anchor);
  }
  void upgrade() { upgrade_to("anchor2", "engine2"); }
  void lose_engine_early() {
    const int engine = show_.engine();
    show_.tell("die");
    REQUIRE(comes_true([&] { return state_of(engine).empty(); }));
  }

  /// By the trial.
  [[nodiscard]] std::string words() const { return read_file(builds_ / "words", 1U << 16U).value(); }
  /// Of the trials, and of what they leave behind.
  [[nodiscard]] std::set<int> tried() const {
    const auto text = read_file(show_.scratch() / "tried", 1U << 16U);
    return text ? numbers_in(text.value()) : std::set<int>{};
  }
  int wait_for_trial() const {
    REQUIRE(comes_true([&] { return !tried().empty(); }));
    return *tried().begin();
  }
  std::string make_gate() {
    const std::string path = builds_ / "gate";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    return path;
  }
  /// Whoever waits there goes on.
  void open_gate() {
    REQUIRE(comes_true([&] {
      const Fd end(::open((builds_ / "gate").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
      return end.valid();
    }));
  }
  /// A whole turn of the anchor: the second answer comes in a later one than the first.
  void turn() {
    for (int i = 0; i < 2; ++i) {
      REQUIRE(::kill(anchor_, SIGHUP) == 0);
      REQUIRE(ask("hear") == signalled(SIGHUP));
      REQUIRE(ask("took " + std::to_string(SIGHUP)) == "sent");
    }
  }
  void stop_anchor() const {
    REQUIRE(::kill(anchor_, SIGSTOP) == 0);
    REQUIRE(comes_true([&] { return state_of(anchor_) == "T"; }));
  }

  std::string outcome() { return ask("upgraded"); }
  /// What the anchor has open when it sleeps; none of it would be inherited.
  std::set<int> open() {
    turn();
    CHECK(inherited_from(anchor_) == std::set<int>{0, 1, 2});
    return open_in(anchor_);
  }
  void hold(std::int32_t slot, const std::string& name) {
    REQUIRE(ask("hold " + builds_ / name + " " + std::to_string(slot)) == "sent");
  }
  /// The file that is held in the slot.
  [[nodiscard]] std::string held(std::int32_t slot) const {
    const std::string link =
        "/proc/" + std::to_string(anchor_) + "/fd/" + std::to_string(wire::held_fd(slot));
    std::error_code error;
    return std::filesystem::read_symlink(link, error).filename();
  }

private:
  std::string copy(const std::string& program, const std::string& name) {
    std::filesystem::copy_file(program, builds_ / name);
    return builds_ / name;
  }

  Scratch builds_;
  PuppetShow show_;
  int anchor_ = 0;
};

std::string outcome_of(wire::Upgrade upgrade) {
  return std::to_string(static_cast<std::uint32_t>(upgrade));
}

/// Of an anchor that has an engine and holds nothing.
const std::set<int> anchors_own{0, 1, 2, 3, 4, 5, 6, 7};

std::set<int> with(std::set<int> numbers, std::initializer_list<std::int32_t> slots) {
  for (const std::int32_t slot : slots)
    numbers.insert(wire::held_fd(slot));
  return numbers;
}

std::string not_upgraded(int code, int status) {
  return "not-upgraded " + std::to_string(code) + " " + std::to_string(status);
}

} // namespace

TEST_CASE("upgrade: another build takes over in the same process, and no service notices") {
  TwoBuilds builds;
  const int service = builds.show().spawn("spawn pause");
  const int first = builds.show().engine();
  builds.upgrade();
  CHECK(builds.ask("life") == "2 0 2 9");
  CHECK(state_of(first).empty());
  CHECK(executed_by(builds.show().engine()) == builds / "engine2");
  CHECK(state_of(service) == "S");
  CHECK(parent_of(service) == builds.anchor());
  CHECK(children_of(builds.anchor()) == std::set<int>{service, builds.show().engine()});
  CHECK(read_file("/proc/" + std::to_string(builds.anchor()) + "/comm", 100).value() == "holdfast-anchor\n");
  CHECK(builds.ask("finish 3") == "sent");
  builds.show().tell("exit 0");
  CHECK(builds.show().exit_code() == 3);
}

TEST_CASE("upgrade: the former build stays at hand until an engine of the next one has adopted") {
  TwoBuilds builds;
  builds.upgrade();
  builds.turn();
  CHECK(builds.outcome() == outcome_of(wire::Upgrade::taking_over));
  CHECK(builds.ask("adopted") == "0");
  CHECK(builds.held(wire::former_anchor_slot) == "anchor1");
  CHECK(builds.held(wire::former_engine_slot) == "engine1");
  CHECK(builds.open() == with(anchors_own, {wire::former_anchor_slot, wire::former_engine_slot}));
  CHECK(builds.ask("adopt") == "done");
  builds.turn();
  CHECK(builds.outcome() == outcome_of(wire::Upgrade::done));
  CHECK(builds.open() == anchors_own);
}

TEST_CASE("upgrade: what is held has the same number and is the same open file") {
  TwoBuilds builds;
  builds.hold(wire::lock_slot, "lock");
  builds.hold(wire::listening_slot(3), "other");
  builds.upgrade();
  CHECK(builds.ask("seek " + std::to_string(wire::lock_slot) + " 5") == "done");
  CHECK(builds.ask("adopt") == "done");
  builds.upgrade_to("anchor1", "engine1");
  CHECK(builds.ask("offset " + std::to_string(wire::lock_slot)) == "5");
  CHECK(is_locked_by_another(builds / "lock"));
  CHECK(builds.ask("adopt") == "done");
  CHECK(builds.open() == with(anchors_own, {wire::lock_slot, wire::listening_slot(3)}));
  builds.show().lose_engine();
  CHECK(builds.ask("descriptors") == "0 1 2 3 4 64 99");
  CHECK(builds.ask("drop " + std::to_string(wire::lock_slot)) == "sent");
  builds.show().lose_engine();
  builds.turn();
  CHECK_FALSE(is_locked_by_another(builds / "lock"));
}

TEST_CASE("upgrade: an exit that was told and not accounted for is told to the next build's engine") {
  TwoBuilds builds;
  const int pid = builds.show().spawn("spawn exit 7");
  CHECK(builds.ask("hear") == exited(pid, CLD_EXITED, 7));
  builds.upgrade();
  CHECK(builds.ask("hear") == exited(pid, CLD_EXITED, 7));
  CHECK(builds.ask("peek") == "nothing");
  CHECK(state_of(pid) == "Z");
  builds.ask("reap " + std::to_string(pid));
  CHECK(comes_true([&] { return state_of(pid).empty(); }));
}

TEST_CASE("upgrade: a signal is told to the next build's engine unless the one before it took it") {
  TwoBuilds builds;
  const std::string gate = builds.make_gate();
  builds.trial("wait " + gate + " 0");
  builds.begin();
  builds.wait_for_trial();
  REQUIRE(::kill(builds.anchor(), SIGTERM) == 0);
  CHECK(builds.ask("hear") == signalled(SIGTERM));
  SECTION("it did not") {
    builds.open_gate();
    builds.wait_for("anchor2");
    CHECK(builds.ask("hear") == signalled(SIGTERM));
  }
  SECTION("it did") {
    CHECK(builds.ask("took " + std::to_string(SIGTERM)) == "sent");
    builds.open_gate();
    builds.wait_for("anchor2");
    builds.turn();
  }
  CHECK(builds.ask("peek") == "nothing");
}

TEST_CASE("upgrade: signals and exits that come while it is done are told") {
  TwoBuilds builds;
  const int service = builds.show().spawn("spawn pause");
  REQUIRE(::kill(builds.anchor(), SIGINT) == 0);
  CHECK(builds.ask("hear") == signalled(SIGINT));
  builds.begin();
  REQUIRE(comes_true([&] {
    ::kill(builds.anchor(), SIGHUP);
    return executed_by(builds.anchor()) == builds / "anchor2";
  }));
  REQUIRE(::kill(service, SIGKILL) == 0);
  std::set<std::string> heard;
  const std::set<std::string> wanted{signalled(SIGHUP), signalled(SIGINT),
                                     exited(service, CLD_KILLED, SIGKILL)};
  while (std::ranges::includes(heard, wanted) == false) {
    const std::string record = builds.ask("hear");
    REQUIRE(wanted.contains(record));
    heard.insert(record);
  }
}

TEST_CASE("upgrade: signals that wait for the next anchor are kept for it") {
  // It stops at its first instruction: what comes then comes before it could have asked for it.
  TwoBuilds builds;
  const int service = builds.show().spawn("spawn pause");
  REQUIRE(::ptrace(PTRACE_SEIZE, builds.anchor(), nullptr, PTRACE_O_TRACEEXEC) == 0);
  builds.begin();
  int status = 0;
  REQUIRE(::waitpid(builds.anchor(), &status, __WALL) == builds.anchor());
  while (status >> 8 != (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
    REQUIRE(WIFSTOPPED(status));
    REQUIRE(::ptrace(PTRACE_CONT, builds.anchor(), nullptr, WSTOPSIG(status)) == 0);
    REQUIRE(::waitpid(builds.anchor(), &status, __WALL) == builds.anchor());
  }
  CHECK(executed_by(builds.anchor()) == builds / "anchor2");
  REQUIRE(::kill(builds.anchor(), SIGTERM) == 0);
  REQUIRE(::kill(service, SIGKILL) == 0);
  REQUIRE(comes_true([&] { return state_of(service) == "Z"; }));
  REQUIRE(::ptrace(PTRACE_DETACH, builds.anchor(), nullptr, 0) == 0);
  const std::set<std::string> heard{builds.ask("hear"), builds.ask("hear")};
  CHECK(heard == std::set<std::string>{signalled(SIGTERM), exited(service, CLD_KILLED, SIGKILL)});
}

TEST_CASE("upgrade: limits and signals are as they were, in the trial too") {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  REQUIRE(limit.rlim_max > 500);
  const rlimit low{500, limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  TwoBuilds builds;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  builds.hold(7, "file");
  const std::string signals = builds.ask("signals");
  builds.trial("report");
  builds.upgrade();
  CHECK(builds.words() == signals + "500\n0 1 2 4 71 73 74\n");
  CHECK(builds.ask("signals") == signals);
  CHECK(builds.ask("limit") == "500");
  rlimit of_anchor{};
  REQUIRE(::prlimit(builds.anchor(), RLIMIT_NOFILE, nullptr, &of_anchor) == 0);
  CHECK(of_anchor.rlim_cur == limit.rlim_max);
}

TEST_CASE("upgrade: the service manager goes on hearing of it, and nobody else is told where it is") {
  const Scratch scratch;
  ManagerSocket manager(scratch / "manager");
  ::setenv("NOTIFY_SOCKET", (scratch / "manager").c_str(), 1);
  ::setenv("WATCHDOG_USEC", "60000000", 1);
  TwoBuilds builds;
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  CHECK(manager.next() == "WATCHDOG=1");
  for (const std::string build : {"2", "1", "2"}) {
    builds.upgrade_to("anchor" + build, "engine" + build);
    // At once, since nobody knows when the one before it did.
    CHECK(manager.next() == "WATCHDOG=1");
    CHECK(builds.ask("notify STATUS=working") == "sent");
    CHECK(manager.next() == "STATUS=working");
    const std::string environment = builds.ask("environment");
    CHECK(environment.find("HOLDFAST_TEST_TRIAL=") != std::string::npos);
    CHECK(environment.find("NOTIFY_SOCKET") == std::string::npos);
    CHECK(environment.find("WATCHDOG") == std::string::npos);
    CHECK(builds.ask("adopt") == "done");
  }
}

TEST_CASE("upgrade: a hundred in a row leave nothing behind") {
  TwoBuilds builds;
  builds.hold(wire::lock_slot, "lock");
  builds.hold(wire::state_slot, "state");
  const int service = builds.show().spawn("spawn pause");
  for (int i = 0; i < rounds(50); ++i) {
    builds.upgrade_to("anchor2", "engine2");
    REQUIRE(builds.ask("adopt") == "done");
    builds.upgrade_to("anchor1", "engine1");
    REQUIRE(builds.ask("adopt") == "done");
  }
  builds.turn();
  CHECK(builds.ask("life").starts_with(std::to_string(1 + 2 * rounds(50)) + " 0 "));
  CHECK(builds.open() == with(anchors_own, {wire::lock_slot, wire::state_slot}));
  CHECK(children_of(builds.anchor()) == std::set<int>{service, builds.show().engine()});
  builds.show().lose_engine();
  CHECK(builds.ask("descriptors") == "0 1 2 3 4 64 66");
  CHECK(state_of(service) == "S");
}

TEST_CASE("upgrade: a trial that is not passed changes nothing, and its words are told") {
  TwoBuilds builds;
  const int engine = builds.show().engine();
  std::string anchor = "anchor2";
  std::string next = "engine2";
  std::string words;
  std::string answer;
  SECTION("the engine says no") {
    builds.trial("exit 3 this is not for me");
    answer = not_upgraded(CLD_EXITED, 3);
    words = "this is not for me";
  }
  SECTION("the engine is killed") {
    builds.trial("die");
    answer = not_upgraded(CLD_KILLED, SIGKILL);
  }
  SECTION("the anchor is of another layout") {
    builds.ask("layout 77");
    answer = not_upgraded(CLD_EXITED, wire::cannot_start);
    words = "holdfast-anchor: the shared table is laid out for another build: only a restart of the daemon "
            "brings this one\n";
  }
  SECTION("the engine cannot be executed") {
    REQUIRE(::chmod((builds / next).c_str(), 0644) == 0);
    answer = not_upgraded(CLD_EXITED, wire::cannot_start);
    words = "holdfast-anchor: " + builds / "engine1" + ": Permission denied\n";
  }
  SECTION("the anchor cannot be executed") {
    REQUIRE(::chmod((builds / anchor).c_str(), 0644) == 0);
    answer = not_upgraded(CLD_EXITED, anchor::AnchorProgram::not_executed);
    words = "holdfast: the next build cannot be executed: Permission denied\n";
  }
  SECTION("the anchor is no program") {
    REQUIRE(replace_file(builds / anchor, "no program", 0755));
    answer = not_upgraded(CLD_EXITED, anchor::AnchorProgram::not_executed);
    words = "holdfast: the next build cannot be executed: Exec format error\n";
  }
  SECTION("the anchor ends at once") {
    std::filesystem::copy_file("/bin/false", builds / "ends");
    anchor = "ends";
    answer = not_upgraded(CLD_EXITED, 1);
  }
  SECTION("the anchor is a program that ends well whatever it is asked") {
    std::filesystem::copy_file("/bin/true", builds / "ends");
    anchor = "ends";
    answer = not_upgraded(CLD_EXITED, 0);
  }
  SECTION("the engine is one") {
    std::filesystem::copy_file("/bin/true", builds / "ends");
    next = "ends";
    answer = not_upgraded(CLD_EXITED, 0);
  }
  SECTION("the engine ends well and does not say that it passed") {
    builds.trial("silent");
    answer = not_upgraded(CLD_EXITED, 0);
  }
  builds.begin(anchor, next);
  CHECK(builds.ask("hear") == answer);
  CHECK(builds.words() == words);
  CHECK(builds.outcome() == outcome_of(wire::Upgrade::refused));
  CHECK(builds.show().engine() == engine);
  builds.turn();
  CHECK(executed_by(builds.anchor()) == builds / "anchor1");
  CHECK(builds.open() == anchors_own);
  CHECK(children_of(builds.anchor()) == std::set<int>{engine});
}

TEST_CASE("upgrade: that it was refused is told to nobody but the engine that asked") {
  TwoBuilds builds;
  // More than the socket holds.
  for (int i = 0; i < 600; ++i) {
    REQUIRE(::kill(builds.anchor(), SIGHUP) == 0);
    REQUIRE(comes_true([&] { return !is_pending(builds.anchor(), SIGHUP); }));
  }
  builds.trial("exit 1 not yet");
  builds.begin();
  REQUIRE(comes_true([&] { return builds.outcome() == outcome_of(wire::Upgrade::refused); }));
  builds.show().lose_engine();
  CHECK(builds.ask("hear") == signalled(SIGHUP));
  builds.turn();
  CHECK(builds.ask("peek") == "nothing");
}

TEST_CASE("upgrade: after one that was refused the next one passes") {
  TwoBuilds builds;
  builds.trial("exit 1 not yet");
  builds.begin();
  CHECK(builds.ask("hear") == not_upgraded(CLD_EXITED, 1));
  builds.trial("exit 0 but now");
  builds.upgrade();
  CHECK(builds.words() == "but now");
  CHECK(builds.ask("life") == "2 0 2 9");
}

TEST_CASE("upgrade: a trial that does not end in time is killed") {
  anchor::Patience patience = patient;
  patience.trial = 200ms;
  TwoBuilds builds(patience);
  builds.trial("wait " + builds.make_gate() + " 0");
  builds.begin();
  CHECK(builds.ask("hear") == not_upgraded(CLD_KILLED, SIGKILL));
  CHECK(builds.outcome() == outcome_of(wire::Upgrade::refused));
  CHECK(builds.open() == anchors_own);
}

TEST_CASE("upgrade: what a trial starts ends with it") {
  TwoBuilds builds;
  builds.trial("fork");
  builds.upgrade();
  const std::set<int> tried = builds.tried();
  REQUIRE(tried.size() == 2);
  for (const int pid : tried)
    CHECK(comes_true([&, pid] { return state_of(pid).empty() || state_of(pid) == "Z"; }));
}

TEST_CASE("upgrade: an exit that comes with the trial's is told at once") {
  TwoBuilds builds;
  const int service = builds.show().spawn("spawn pause");
  builds.trial("wait " + builds.make_gate() + " 1");
  builds.begin();
  const int trial = builds.wait_for_trial();
  builds.stop_anchor();
  builds.open_gate();
  REQUIRE(comes_true([&] { return state_of(trial) == "Z"; }));
  REQUIRE(::kill(service, SIGKILL) == 0);
  REQUIRE(comes_true([&] { return state_of(service) == "Z"; }));
  REQUIRE(::kill(builds.anchor(), SIGCONT) == 0);
  const std::set<std::string> heard{builds.ask("hear"), builds.ask("hear")};
  CHECK(heard == std::set<std::string>{not_upgraded(CLD_EXITED, 1), exited(service, CLD_KILLED, SIGKILL)});
}

TEST_CASE("upgrade: with the engine that asked for it the trial is called off") {
  TwoBuilds builds;
  builds.trial("wait " + builds.make_gate() + " 0");
  builds.begin();
  const int trial = builds.wait_for_trial();
  SECTION("while it runs") {
    builds.show().tell("die");
  }
  SECTION("when it has just passed") {
    const int engine = builds.show().engine();
    builds.stop_anchor();
    builds.open_gate();
    REQUIRE(comes_true([&] { return state_of(trial) == "Z"; }));
    builds.show().tell("die");
    REQUIRE(comes_true([&] { return state_of(engine) == "Z"; }));
    REQUIRE(::kill(builds.anchor(), SIGCONT) == 0);
  }
  CHECK(builds.ask("life") == "2 0 2 9");
  CHECK(comes_true([&] { return state_of(trial).empty(); }));
  CHECK(builds.outcome() == outcome_of(wire::Upgrade::refused));
  CHECK(executed_by(builds.show().engine()) == builds / "engine1");
  CHECK(builds.open() == anchors_own);
  builds.trial("exit 0 well");
  builds.upgrade();
  CHECK(builds.ask("life") == "3 0 2 9");
}

TEST_CASE("upgrade: the engine's end in order calls the trial off") {
  TwoBuilds builds;
  const std::string gate = builds.make_gate();
  builds.trial("wait " + gate + " 0");
  builds.begin();
  const int trial = builds.wait_for_trial();
  const int engine = builds.show().engine();
  CHECK(builds.ask("finish 3") == "sent");
  // It tidies up, and must not be killed meanwhile.
  CHECK(comes_true([&] { return state_of(trial).empty(); }));
  CHECK(builds.show().engine() == engine);
  builds.show().tell("exit 0");
  CHECK(builds.show().exit_code() == 3);
}

TEST_CASE("upgrade: an engine that ends in order can ask for none") {
  TwoBuilds builds;
  CHECK(builds.ask("finish 3") == "sent");
  builds.begin();
  CHECK(builds.ask("hear") == not_upgraded(0, ECANCELED));
  CHECK(builds.open() == anchors_own);
  builds.show().tell("exit 0");
  CHECK(builds.show().exit_code() == 3);
  CHECK(builds.tried().empty());
}

TEST_CASE("upgrade: no trial outlives the anchor") {
  TwoBuilds builds;
  builds.trial("wait " + builds.make_gate() + " 0");
  builds.begin();
  const int trial = builds.wait_for_trial();
  SECTION("that stops the stack") {
    const std::string leaf = builds.show().make_leaf("leaf");
    const int service = std::stoi(builds.ask("stubborn " + leaf));
    builds.ask("row 0 " + std::to_string(service) + " 0 15 3600000 " + leaf);
    // It cannot hear anybody any more.
    const rlimit none{1, 1};
    REQUIRE(::prlimit(builds.anchor(), RLIMIT_NOFILE, &none, nullptr) == 0);
    REQUIRE(::kill(builds.anchor(), SIGHUP) == 0);
    CHECK(comes_true([&] { return state_of(trial).empty(); }));
    CHECK(state_of(service) == "S");
    REQUIRE(::kill(service, SIGKILL) == 0);
    CHECK(builds.show().exit_code() == wire::engine_lost);
  }
  SECTION("that is killed") {
    REQUIRE(::kill(builds.anchor(), SIGKILL) == 0);
  }
  CHECK(comes_true([&] { return state_of(trial).empty() || state_of(trial) == "Z"; }));
}

TEST_CASE("upgrade: while one is under way another one is refused, and changes nothing of it") {
  TwoBuilds builds;
  std::filesystem::copy_file("/bin/true", builds / "ends");
  builds.trial("wait " + builds.make_gate() + " 0");
  builds.begin();
  builds.wait_for_trial();
  SECTION("asked for") {
    builds.begin("ends", "ends");
    CHECK(builds.ask("hear") == not_upgraded(0, EBUSY));
  }
  SECTION("its programs are dropped") {
    builds.ask("drop " + std::to_string(wire::next_anchor_slot));
    builds.ask("drop " + std::to_string(wire::next_engine_slot));
  }
  builds.open_gate();
  builds.wait_for("anchor2");
  CHECK(executed_by(builds.show().engine()) == builds / "engine2");
}

TEST_CASE("upgrade: before one is settled another one is refused") {
  TwoBuilds builds;
  builds.upgrade();
  builds.begin("anchor1", "engine1");
  CHECK(builds.ask("hear") == not_upgraded(0, EBUSY));
  CHECK(builds.outcome() == outcome_of(wire::Upgrade::taking_over));
  CHECK(builds.open() == with(anchors_own, {wire::former_anchor_slot, wire::former_engine_slot}));
  CHECK(builds.ask("adopt") == "done");
  builds.upgrade_to("anchor1", "engine1");
}

TEST_CASE("upgrade: without programs there is none") {
  TwoBuilds builds;
  CHECK(builds.ask("kind " + std::to_string(static_cast<int>(wire::ToAnchor::upgrade))) == "sent");
  CHECK(builds.ask("hear") == not_upgraded(0, EBADF));
  CHECK(builds.outcome() == outcome_of(wire::Upgrade::refused));
}

TEST_CASE("upgrade: where no engine of the next build takes over the former one returns with its memories") {
  anchor::Patience patience = patient;
  std::string how;
  SECTION("two end before they have adopted") {
    how = "two ends";
  }
  SECTION("the second one cannot start") {
    how = "cannot start";
  }
  SECTION("one does not adopt in time") {
    how = "no adoption";
    patience.take_over = 500ms;
  }
  SECTION("none can be executed") {
    how = "no program";
  }
  TwoBuilds builds(patience);
  const int service = builds.show().spawn("spawn pause");
  builds.hold(wire::lock_slot, "lock");
  builds.hold(wire::state_slot, "state1");
  builds.hold(wire::events_slot, "events1");
  if (how.starts_with("no ")) {
    if (how == "no program") builds.trial("lock-out " + builds / "engine2");
    builds.begin();
    REQUIRE(comes_true([&] { return builds.show().said().find("former one returns") != std::string::npos; }));
    builds.wait_for("anchor1");
  } else {
    builds.upgrade();
    builds.hold(wire::state_slot, "state2");
    builds.hold(wire::configuration_slot, "configuration2");
    builds.turn();
    CHECK(builds.held(wire::state_slot) == "state2");
    CHECK(builds.held(wire::former_state_slot) == "state1");
    builds.lose_engine_early();
    CHECK(builds.ask("life") == "3 0 2 9");
    CHECK(executed_by(builds.show().engine()) == builds / "engine2");
    CHECK(builds.held(wire::state_slot) == "state2");
    if (how == "cannot start") CHECK(builds.ask("finish 4") == "sent");
    builds.show().tell(how == "cannot start" ? "exit 4" : "die");
    builds.wait_for("anchor1");
  }
  CHECK(executed_by(builds.show().engine()) == builds / "engine1");
  CHECK(builds.outcome() == outcome_of(wire::Upgrade::gone_back));
  CHECK(builds.held(wire::lock_slot) == "lock");
  CHECK(builds.held(wire::state_slot) == "state1");
  CHECK(builds.held(wire::events_slot) == "events1");
  CHECK(builds.open() == with(anchors_own, {wire::lock_slot, wire::state_slot, wire::events_slot}));
  CHECK(state_of(service) == "S");
  CHECK(children_of(builds.anchor()) == std::set<int>{service, builds.show().engine()});
  // What the others did is not counted against it, and the next upgrade is like any other.
  builds.lose_engine_early();
  CHECK(builds.ask("life").ends_with(" 0 2 9"));
  CHECK(builds.ask("adopt") == "done");
  if (how == "no program") REQUIRE(::chmod((builds / "engine2").c_str(), 0755) == 0);
  builds.trial("exit 0 well");
  builds.upgrade();
  CHECK(executed_by(builds.show().engine()) == builds / "engine2");
  CHECK(builds.ask("adopt") == "done");
  builds.turn();
  CHECK(builds.outcome() == outcome_of(wire::Upgrade::done));
}

TEST_CASE("upgrade: what engines of the build before did is not counted against the next one") {
  TwoBuilds builds;
  builds.show().lose_engine();
  builds.lose_engine_early();
  builds.upgrade();
  builds.lose_engine_early();
  CHECK(builds.ask("life") == "5 0 2 9");
  CHECK(executed_by(builds.show().engine()) == builds / "engine2");
}

TEST_CASE("upgrade: an engine that adopts in its last moment has taken over") {
  TwoBuilds builds;
  builds.upgrade();
  builds.lose_engine_early();
  CHECK(builds.ask("life") == "3 0 2 9");
  builds.show().lose_engine();
  CHECK(builds.ask("life") == "4 0 2 9");
  CHECK(executed_by(builds.show().engine()) == builds / "engine2");
  CHECK(builds.outcome() == outcome_of(wire::Upgrade::done));
  CHECK(builds.open() == anchors_own);
  // There is no way back any more.
  builds.lose_engine_early();
  builds.lose_engine_early();
  CHECK(builds.ask("life") == "6 1 2 9");
  CHECK(executed_by(builds.anchor()) == builds / "anchor2");
}

TEST_CASE("upgrade: an engine of the next build that cannot be killed is waited for without haste") {
  anchor::Patience patience = patient;
  patience.take_over = 2s;
  TwoBuilds builds(patience);
  builds.upgrade();
  const int engine = builds.show().engine();
  // Its death is the tracer's to see first.
  REQUIRE(::ptrace(PTRACE_SEIZE, engine, nullptr, nullptr) == 0);
  REQUIRE(comes_true([&] { return state_of(engine) == "Z"; }));
  const std::uint64_t before = ticks_of(builds.anchor());
  ::poll(nullptr, 0, 500);
  CHECK(ticks_of(builds.anchor()) - before < 10);
  REQUIRE(::waitpid(engine, nullptr, __WALL) == engine);
  builds.wait_for("anchor1");
}

TEST_CASE("upgrade: the former build returns where there is no engine to be killed for it") {
  anchor::Patience patience = patient;
  patience.pause = 50ms;
  patience.take_over = 1s;
  TwoBuilds builds(patience);
  builds.upgrade();
  rlimit limit{};
  REQUIRE(::prlimit(builds.anchor(), RLIMIT_NOFILE, nullptr, &limit) == 0);
  // For an engine's socket there is no number.
  const rlimit few{7, limit.rlim_max};
  REQUIRE(::prlimit(builds.anchor(), RLIMIT_NOFILE, &few, nullptr) == 0);
  builds.show().tell("die");
  builds.wait_for("anchor1");
  REQUIRE(::prlimit(builds.anchor(), RLIMIT_NOFILE, &limit, nullptr) == 0);
  CHECK(executed_by(builds.show().engine()) == builds / "engine1");
}

TEST_CASE("upgrade: where the next anchor cannot be executed after its trial the former build goes on") {
  TwoBuilds builds;
  builds.hold(wire::lock_slot, "lock");
  builds.hold(wire::state_slot, "state1");
  const int engine = builds.show().engine();
  builds.trial("lock-out " + builds / "anchor2");
  builds.begin();
  REQUIRE(comes_true([&] { return state_of(engine).empty(); }));
  CHECK(builds.ask("life") == "2 0 2 9");
  CHECK(executed_by(builds.anchor()) == builds / "anchor1");
  CHECK(executed_by(builds.show().engine()) == builds / "engine1");
  CHECK(builds.outcome() == outcome_of(wire::Upgrade::refused));
  CHECK(builds.open() == with(anchors_own, {wire::lock_slot, wire::state_slot}));
  CHECK(builds.show().said() == "holdfast: the next build cannot be executed: Permission denied\n");
  CHECK(builds.ask("descriptors") == "0 1 2 3 4 64 66");
  // What was to be inherited is not any more.
  CHECK(builds.ask("adopt") == "done");
  REQUIRE(::chmod((builds / "anchor2").c_str(), 0755) == 0);
  builds.trial("report");
  builds.upgrade();
  CHECK(builds.words().ends_with("\n0 1 2 4 64 66 73 74\n"));
}

TEST_CASE("upgrade: where the former anchor cannot be executed its engine returns all the same") {
  TwoBuilds builds;
  builds.hold(wire::state_slot, "state1");
  builds.upgrade();
  REQUIRE(::chmod((builds / "anchor1").c_str(), 0644) == 0);
  builds.hold(wire::state_slot, "state2");
  builds.lose_engine_early();
  builds.lose_engine_early();
  CHECK(builds.ask("life") == "4 0 2 9");
  CHECK(executed_by(builds.anchor()) == builds / "anchor2");
  CHECK(executed_by(builds.show().engine()) == builds / "engine1");
  CHECK(builds.held(wire::state_slot) == "state1");
  CHECK(builds.outcome() == outcome_of(wire::Upgrade::gone_back));
  CHECK(builds.open() == with(anchors_own, {wire::state_slot}));
}

TEST_CASE("upgrade: the way back is no engine's to close") {
  TwoBuilds builds;
  builds.hold(wire::state_slot, "state1");
  builds.upgrade();
  builds.hold(wire::state_slot, "state2");
  for (const std::int32_t slot :
       {wire::former_anchor_slot, wire::former_engine_slot, wire::former_state_slot}) {
    builds.hold(slot, "wrong" + std::to_string(slot));
    CHECK(builds.ask("drop " + std::to_string(slot)) == "sent");
  }
  CHECK(builds.ask("upgraded 4") == "done");
  builds.turn();
  builds.lose_engine_early();
  builds.lose_engine_early();
  builds.wait_for("anchor1");
  CHECK(executed_by(builds.show().engine()) == builds / "engine1");
  CHECK(builds.held(wire::state_slot) == "state1");
}

TEST_CASE("upgrade: a table that speaks of a way back where there is none is not believed") {
  TwoBuilds builds;
  builds.hold(wire::state_slot, "state1");
  CHECK(builds.ask("upgraded " + outcome_of(wire::Upgrade::taking_over)) == "done");
  builds.show().lose_engine();
  builds.lose_engine_early();
  builds.lose_engine_early();
  CHECK(builds.ask("life") == "4 1 2 9");
  CHECK(executed_by(builds.anchor()) == builds / "anchor1");
  CHECK(builds.held(wire::state_slot) == "state1");
  CHECK(builds.open() == with(anchors_own, {wire::state_slot}));
}

TEST_CASE("upgrade: what could not return does not begin") {
  TwoBuilds builds;
  builds.hold(wire::state_slot, "state1");
  const int engine = builds.show().engine();
  // The numbers of the next programs can be had, those of the former ones cannot.
  const rlimit few{static_cast<rlim_t>(wire::held_fd(wire::former_anchor_slot)), 1000};
  REQUIRE(::prlimit(builds.anchor(), RLIMIT_NOFILE, &few, nullptr) == 0);
  builds.begin();
  REQUIRE(comes_true([&] { return state_of(engine).empty(); }));
  CHECK(builds.ask("life") == "2 0 2 9");
  CHECK(executed_by(builds.anchor()) == builds / "anchor1");
  CHECK(builds.outcome() == outcome_of(wire::Upgrade::refused));
  CHECK(builds.open() == with(anchors_own, {wire::state_slot}));
}
