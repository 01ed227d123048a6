#include "stack_under_test.h"

#include "base/file.h"
#include "base/secret_file.h"
#include "engine/observer.h"
#include "support/catch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

/// What the scripted observer answers when it is asked for `name`: in one piece, whenever it looks.
void script(const Place& place, const std::string& name, const std::string& words) {
  if (!place.is_engine()) REQUIRE(replace_file(place / name, words + "\n", 0644, Durability::relaxed));
}

model::Probe observed(const Place& place, const std::string& name) {
  model::Probe probe;
  probe.kind = model::ProbeKind::observed;
  probe.network.target = "unix:" + place / name;
  probe.every = 20ms;
  probe.timeout = 200ms;
  probe.failures = 2;
  return probe;
}

model::ServiceSpec asked(const Place& place, const std::string& name) {
  auto service = Place::service(name, {"run"});
  service.ready = observed(place, name + ".script");
  return service;
}

std::vector<int> observers(const Place& place) {
  return linux_os::pids_below(place.cgroup() + "/observer");
}

/// The one that is there, when it is.
int observer(const Place& place) {
  int pid = 0;
  REQUIRE(comes_true([&] {
    const auto pids = observers(place);
    if (pids.size() == 1) pid = pids[0];
    return pid != 0;
  }));
  return pid;
}

bool is_open(const Place& place) {
  return fs::exists(place / "run/door/open");
}

std::string status_line(int pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name + ":")) return line.substr(name.size() + 1);
  return {};
}

std::string first_word(const std::string& text) {
  std::istringstream words(text);
  std::string word;
  words >> word;
  return word;
}

/// Whether `text` is in any file below.
bool is_below(const std::string& directory, const std::string& text) {
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    const auto bytes = read_file(entry.path(), 64U << 20U);
    if (bytes && bytes.value().find(text) != std::string::npos) return true;
  }
  return false;
}

} // namespace

TEST_CASE("observer - what it says makes a service ready and unready and moves the door") {
  const Place place;
  script(place, "a.script", "failed connection refused");
  StackUnderTest stack(place, place.stack({asked(place, "a")}));
  REQUIRE(stack.tells("a says connection refused"));
  CHECK(!is_open(place));
  script(place, "a.script", "starting the database system is starting up");
  REQUIRE(stack.tells("a says the database system is starting up"));
  script(place, "a.script", "succeeded accepts connections");
  REQUIRE(stack.tells("a 1 starting>ready"));
  REQUIRE(stack.tells("a says accepts connections"));
  CHECK(comes_true([&] { return is_open(place); }));
  script(place, "a.script", "failed no route to host");
  REQUIRE(stack.tells("a 1 ready>unready its ready probe failed 2 times in a row: no route to host"));
  CHECK(comes_true([&] { return !is_open(place); }));
  script(place, "a.script", "succeeded");
  REQUIRE(stack.tells("a 1 unready>ready"));
  CHECK(stack.ends_well());
  CHECK(!fs::exists(place.cgroup() + "/observer"));
}

TEST_CASE("observer - it runs as its user without privileges in a cgroup of its own") {
  const Place place;
  script(place, "observer-user", "nobody");
  auto a = asked(place, "a");
  a.ready.network.target = "127.0.0.1:1";
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  const int pid = observer(place);
  CHECK(first_word(status_line(pid, "Uid")) == "65534");
  CHECK(first_word(status_line(pid, "Gid")) == "65534");
  CHECK(first_word(status_line(pid, "CapEff")) == "0000000000000000");
  CHECK(first_word(status_line(pid, "CapPrm")) == "0000000000000000");
  CHECK(first_word(status_line(pid, "CapBnd")) == "0000000000000000");
  CHECK(first_word(status_line(pid, "NoNewPrivs")) == "1");
  CHECK(read_file("/proc/" + std::to_string(pid) + "/oom_score_adj", 64).value() == "500\n");
  CHECK(linux_os::pids_in(place.cgroup() + "/observer/1").value() == std::vector<int>{pid});
  // Its end of the socket, and one pipe twice.
  CHECK(std::distance(fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd"), {}) == 3);
  CHECK(stack.ends_well());
}

TEST_CASE("observer - without its user nothing is started") {
  const Place place;
  script(place, "observer-user", "nobody-of-that-name");
  StackUnderTest stack(place, place.stack({asked(place, "a")}));
  CHECK(stack.exit_code() == 4);
  const auto out = read_file(place / "out", 1U << 20U);
  REQUIRE(out);
  CHECK(out.value().find("useradd --system nobody-of-that-name") != std::string::npos);
}

TEST_CASE("observer - a reload that needs it is refused without its user") {
  const Place place;
  script(place, "observer-user", "nobody-of-that-name");
  script(place, "b.script", "succeeded");
  const auto a = Place::service("a", {"run"});
  StackUnderTest stack(place, place.stack({a}), place.stack({a, asked(place, "b")}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  stack.reload();
  const auto refused = [&] {
    const std::string out = stack.output();
    const auto at = out.find("reload: ");
    return at == std::string::npos ? std::string() : out.substr(at, out.find('\n', at) - at);
  };
  REQUIRE(comes_true([&] { return !refused().empty(); }));
  INFO(refused());
  CHECK(refused().find("useradd --system nobody-of-that-name") != std::string::npos);
  CHECK(refused().ends_with("; nothing was changed"));
  CHECK(!fs::exists(place.cgroup() + "/stack/b"));
  CHECK(observers(place).empty());
  CHECK(is_open(place));
  CHECK(stack.ends_well());
}

TEST_CASE("observer - a reload that needs it starts it") {
  const Place place;
  script(place, "b.script", "succeeded");
  const auto a = Place::service("a", {"run"});
  StackUnderTest stack(place, place.stack({a}), place.stack({a, asked(place, "b")}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  CHECK(observers(place).empty());
  stack.reload();
  REQUIRE(stack.tells("b 1 starting>ready"));
  CHECK(observer(place) != 0);
  CHECK(stack.ends_well());
}

TEST_CASE("observer - nobody needs its user who asks no network peer") {
  const Place place;
  script(place, "observer-user", "nobody-of-that-name");
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"})}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  CHECK(observers(place).empty());
  CHECK(stack.ends_well());
}

TEST_CASE("observer - one that dies leaves everybody as he is and comes back") {
  const Place place;
  script(place, "a.script", "succeeded");
  StackUnderTest stack(place, place.stack({asked(place, "a")}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  const int first = observer(place);
  script(place, "a.script", "die");
  REQUIRE(stack.tells("the observer is gone: exit code 3"));
  script(place, "a.script", "succeeded again");
  CHECK(stack.tells("a says again"));
  CHECK(observer(place) != first);
  CHECK(is_open(place));
  CHECK(stack.stays_ready("a"));
  CHECK(stack.ends_well());
}

TEST_CASE("observer - one that is killed before its first answer makes nobody late") {
  const Place place;
  script(place, "a.script", "die");
  auto a = asked(place, "a");
  a.start_within = 300ms;
  StackUnderTest stack(place, place.stack({a}));
  // At once, and a second after.
  REQUIRE(comes_true([&] {
    const std::string told = stack.told();
    const auto once = told.find("the observer is gone");
    return once != std::string::npos && told.find("the observer is gone", once + 1) != std::string::npos;
  }));
  CHECK(stack.told().find("a 1 starting>") == std::string::npos);
  script(place, "a.script", "succeeded");
  CHECK(stack.tells("a 1 starting>ready"));
  CHECK(stack.ends_well());
}

TEST_CASE("observer - one that hangs is killed and another one asks") {
  const Place place;
  script(place, "a.script", "succeeded");
  StackUnderTest stack(place, place.stack({asked(place, "a")}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  const int first = observer(place);
  REQUIRE(::kill(first, SIGSTOP) == 0);
  REQUIRE(stack.tells("the observer is gone: killed, since it does not answer"));
  CHECK(observer(place) != first);
  CHECK(stack.stays_ready("a"));
  CHECK(stack.ends_well());
}

TEST_CASE("observer - one question that is never answered says nothing about the others") {
  const Place place;
  script(place, "a.script", "silent");
  script(place, "b.script", "succeeded");
  StackUnderTest stack(place, place.stack({asked(place, "a"), asked(place, "b")}));
  REQUIRE(stack.tells("b 1 starting>ready"));
  const int first = observer(place);
  REQUIRE(stack.tells("a says the observer did not answer"));
  script(place, "a.script", "succeeded late");
  REQUIRE(stack.tells("a 1 starting>ready"));
  CHECK(observer(place) == first);
  CHECK(stack.told().find("the observer is gone") == std::string::npos);
  CHECK(stack.ends_well());
}

TEST_CASE("observer - answers that come when nobody waits for them any more are no lies") {
  const Place place;
  script(place, "a.script", "hold");
  script(place, "b.script", "held 17");
  auto a = asked(place, "a");
  a.ready.timeout = 20ms;
  StackUnderTest stack(place, place.stack({a, asked(place, "b")}));
  // As many strangers would be too many.
  REQUIRE(stack.tells("b says enough are held"));
  const int first = observer(place);
  script(place, "b.script", "release");
  script(place, "a.script", "succeeded");
  REQUIRE(stack.tells("a 1 starting>ready"));
  script(place, "b.script", "succeeded and goes on");
  REQUIRE(stack.tells("b says and goes on"));
  CHECK(observer(place) == first);
  CHECK(stack.told().find("the observer is gone") == std::string::npos);
  CHECK(stack.ends_well());
}

TEST_CASE("observer - what it said last is heard to its end") {
  const Place place;
  script(place, "a.script", "last-words");
  StackUnderTest stack(place, place.stack({asked(place, "a")}));
  REQUIRE(stack.tells("the observer is gone: exit code 3"));
  CHECK(comes_true(
      [&] { return stack.output().find("observer: the last of its words") != std::string::npos; }));
  script(place, "a.script", "succeeded");
  CHECK(stack.tells("a 1 starting>ready"));
  CHECK(stack.ends_well());
}

TEST_CASE("observer - until it is launched nobody can ask, and it is not blamed") {
  const TestCgroup cgroup;
  std::vector<std::string> found;
  const auto tree =
      engine::Tree::make({.base = cgroup.path(), .stack = "test", .services = {}, .supervisors = {}}, found);
  REQUIRE(tree);
  boost::asio::io_context loop;
  engine::Children children(loop, [](int) {});
  std::vector<std::string> told;
  // Without that user no process is made.
  engine::Observer observer(
      loop, children, tree.value(),
      {.program = HOLDFAST_TEST_OBSERVER, .user = "nobody-of-that-name", .patience = 100s},
      {.told = [&](const std::string& what) { told.push_back(what); }, .said = [](const std::string&) {}});
  observer.need(true);
  std::vector<std::string> said;
  for (int i = 0; i < 10; ++i)
    observer.ask({}, {}, [&](model::ProbeOutcome outcome, const std::string& why) {
      CHECK(outcome == model::ProbeOutcome::unseen);
      said.push_back(why);
    });
  while (said.size() < 10)
    REQUIRE(loop.run_one_for(5s) == 1);
  CHECK(said == std::vector<std::string>(10, "nobody can ask: the observer is being started"));
  for (const std::string& what : told)
    CHECK(what.find("does not answer") == std::string::npos);
  observer.need(false);
}

TEST_CASE("observer - a packet that is none is its end") {
  const Place place;
  script(place, "a.script", "garbage");
  StackUnderTest stack(place, place.stack({asked(place, "a")}));
  REQUIRE(stack.tells("the observer is gone: killed, since it sent a packet that is too short"));
  script(place, "a.script", "succeeded");
  CHECK(stack.tells("a 1 starting>ready"));
  CHECK(stack.ends_well());
}

TEST_CASE("observer - a second answer to a question changes nothing") {
  const Place place;
  script(place, "a.script", "twice");
  auto a = asked(place, "a");
  a.ready.successes = 3;
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  // Each is counted, and too many are a lie.
  CHECK(stack.tells("the observer is gone: killed, since it answers what it was not asked"));
  CHECK(stack.stays_ready("a"));
  CHECK(stack.ends_well());
}

TEST_CASE("observer - a flood of answers that nobody asked for is seen at once and disturbs nobody") {
  const Place place;
  script(place, "a.script", "succeeded");
  StackUnderTest stack(place, place.stack({asked(place, "a"), Place::service("b", {"run"})}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  const auto begun = std::chrono::steady_clock::now();
  script(place, "a.script", "liar");
  REQUIRE(stack.tells("the observer is gone: killed, since it answers what it was not asked"));
  CHECK(std::chrono::steady_clock::now() - begun < 1s);
  const auto killed = std::chrono::steady_clock::now();
  REQUIRE(::kill(stack.pids("b", 1).at(0), SIGKILL) == 0);
  REQUIRE(stack.tells("b 2 starting>ready"));
  CHECK(std::chrono::steady_clock::now() - killed < 1s);
  CHECK(stack.stays_ready("a"));
  CHECK(stack.ends_well());
}

TEST_CASE("observer - one that writes without end is killed") {
  const Place place;
  script(place, "a.script", "succeeded");
  StackUnderTest stack(place, place.stack({asked(place, "a")}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  script(place, "a.script", "babble");
  CHECK(stack.tells("the observer is gone: killed, since it writes without end"));
  script(place, "a.script", "succeeded");
  CHECK(stack.ends_well());
}

TEST_CASE("observer - a secret reaches it and nothing else") {
  const Place place;
  script(place, "a.script", "secret");
  const std::string secret = "correct horse battery staple";
  auto a = asked(place, "a");
  a.ready.network.secret_file = place / "secrets/word";
  if (!place.is_engine()) fs::create_directories(place / "secrets");
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells("a says secret_file " + place / "secrets/word" + ": No such file or directory"));
  REQUIRE(replace_file(place / "secrets/word", secret + "\n", 0600, Durability::relaxed));
  REQUIRE(stack.tells("a 1 starting>ready"));
  CHECK(stack.tells("a says " + std::to_string(secret.size()) + " bytes of secret"));
  CHECK(stack.ends_well());
  fs::remove_all(place / "secrets");
  CHECK(!is_below(place.directory(), secret));
}

TEST_CASE("observer - a secret on a disk that hangs makes its own probe unknown and holds up nobody") {
  const Place place;
  script(place, "a.script", "succeeded");
  script(place, "b.script", "succeeded");
  if (!place.is_engine()) {
    fs::create_directories(place / "secrets");
    for (const char* name : {"a", "b", "a.hangs"})
      REQUIRE(replace_file(place / "secrets/" + name, "word\n", 0600, Durability::relaxed));
  }
  auto a = asked(place, "a");
  a.ready.network.secret_file = place / "secrets/a";
  auto b = asked(place, "b");
  b.ready.network.secret_file = place / "secrets/b";
  StackUnderTest stack(place, place.stack({a, b}), place.stack({a, b, Place::service("c", {"run"})}));
  REQUIRE(stack.tells("a says its secret_file could not be read in time"));
  REQUIRE(stack.tells("b 1 starting>ready"));
  stack.reload();
  REQUIRE(stack.tells("c 1 starting>ready"));
  CHECK(stack.told().find("a 1 starting>") == std::string::npos);
  fs::remove(place / "secrets/a.hangs");
  CHECK(stack.tells("a 1 starting>ready"));
  CHECK(stack.told().find("the observer is gone") == std::string::npos);
  CHECK(stack.ends_well());
}

TEST_CASE("observer - a secret that is not there is no reason to wait for ever") {
  const Place place;
  auto a = asked(place, "a");
  a.ready.network.secret_file = place / "secrets/word";
  a.start_within = 300ms;
  StackUnderTest stack(place, place.stack({a}));
  // The first run may end before the observer is there to say so.
  CHECK(stack.tells("starting>stopping not ready within 0.3 s: secret_file " + place / "secrets/word" +
                    ": No such file or directory"));
  CHECK(stack.ends_well());
}

TEST_CASE("observer - it goes with the stack where no engine is left to end it") {
  const Place place;
  script(place, "a.script", "succeeded");
  StackUnderTest stack(place, place.stack({asked(place, "a")}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  REQUIRE(::kill(observer(place), SIGSTOP) == 0);
  stack.lose_engines();
  CHECK(stack.exit_code() == 70);
  CHECK(observers(place).empty());
}

TEST_CASE("observer - who is frozen closes the door within failures x (every + timeout)") {
  const Place place;
  script(place, "a.script", "succeeded");
  auto a = asked(place, "a");
  a.ready.every = 100ms;
  a.ready.failures = 3;
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(comes_true([&] { return is_open(place); }));
  const auto frozen = std::chrono::steady_clock::now();
  script(place, "a.script", "failed no answer");
  CHECK(comes_true([&] { return !is_open(place); }));
  CHECK(std::chrono::steady_clock::now() - frozen <= 3 * (100ms + 200ms) + 100ms);
  CHECK(stack.ends_well());
}
