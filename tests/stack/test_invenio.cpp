// A real InvenioRDM with all its servers: what it is for the operator, and what somebody outside sees
// meanwhile.

#include "stack/chart.h"
#include "stack/invenio.h"
#include "stack/nothing_left.h"
#include "support/catch.h"
#include "support/has.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>

using namespace holdfast::test;

namespace {

/// The door is closed so long after an exit at the latest.
constexpr double door_bound = 0.1;
constexpr auto whole_start = 5min;

struct Victim {
  std::string name;
  bool critical = true;
};

const std::vector<Victim> victims = {
    {"postgresql"}, {"redis"},         {"epmd"},        {"rabbitmq"},         {"opensearch"}, {"api"},
    {"ui"},         {"worker", false}, {"beat", false}, {"jobs-beat", false}, {"nginx"}};

/// One for all cases.
Invenio& invenio() {
  static Invenio the_one;
  return the_one;
}

/// One that works, for the cases that leave it as they found it: a cold start costs more than what they look
/// at.
class Working {
public:
  explicit Working(const Invenio& in) : in_(in) {}

  RunningStack& stack() {
    if (!stack_) {
      stack_.emplace(in_.directory());
      stack_->events().wait_for("", "working", whole_start);
    }
    return *stack_;
  }
  /// In order; nothing is left.
  void stop() {
    if (!stack_) return;
    CHECK(stack_->stop(180s) == 0);
    CHECK(left_of(in_.directory(), in_.ports()) == "");
    stack_.reset();
  }
  /// A case has ended it.
  void forget() { stack_.reset(); }

private:
  const Invenio& in_;
  std::optional<RunningStack> stack_;
};

Working& working() {
  static Working the_one(invenio());
  return the_one;
}

bool works(const RunningStack& stack) {
  return stack.status().at("stack").at("verdict") == "working";
}

/// Not only of every service, but the canary's word after the last of them was restarted.
bool works_again(const RunningStack& stack) {
  return comes_true(180s, [&] { return works(stack); });
}

std::uint64_t run_of(const RunningStack& stack, const std::string& service) {
  return stack.service(service).at("run").get<std::uint64_t>();
}

std::string phase_words(const RunningStack& stack) {
  return stack.command({"status"}).output + stack.command({"explain"}).output;
}

/// Kills one service under the eyes of a outsider; what should not have been seen, in words.
void kill_and_watch(RunningStack& stack, const Victim& victim, const std::string& record) {
  const auto run = run_of(stack, victim.name);
  Outsider outsider(invenio().sights(record), invenio().directory() / "sights-" + victim.name);
  REQUIRE(comes_true(20s, [&] { return outsider.so_far().size() > 20; }));
  const double killed = monotonic_seconds();
  stack.kill_service(victim.name);
  REQUIRE(comes_true(180s, [&] { return run_of(stack, victim.name) > run; }));
  const bool again = works_again(stack);
  INFO(phase_words(stack));
  CHECK(again);
  const double working = monotonic_seconds();
  REQUIRE(comes_true(20s, [&] {
    const auto seen = outsider.so_far();
    return !seen.empty() && seen.back().at > working + 1;
  }));
  const auto sights = outsider.finish();
  std::cout << victim.name << " was killed, all worked again after " << working - killed << " s\n"
            << summary(sights) << std::flush;
  CHECK(not_allowed(sights, killed + door_bound, victim.name == "nginx") == "");
  const auto closed =
      std::count_if(sights.begin(), sights.end(), [](const Sight& sight) { return sight.status == 503; });
  if (!victim.critical) CHECK(closed == 0);
  // Nothing that it was in the middle of is told as anything but "not now" or an error of that moment.
  for (const Sight& sight : sights)
    if (sight.at + sight.took < killed) CHECK(sight.status < 500);
}

void write_chart(const std::string& text) {
  std::cout << text << std::flush;
  std::ofstream("invenio-start.txt", std::ios::trunc) << text;
}

} // namespace

TEST_CASE("InvenioRDM is set up at its first start and stops in reverse", "[invenio]") {
  RunningStack& stack = working().stack();
  std::cout << "the first start, with the set-up:\n" << chart(stack.events().all());
  CHECK(stack.service("setup").at("phase") == "done");
  CHECK(stack.stop(180s) == 0);
  stack.events().read_to_end(10s);
  const auto& events = stack.events();
  for (const std::string server : {"postgresql", "redis", "rabbitmq", "opensearch"})
    for (const std::string application : {"api", "ui", "worker"}) {
      INFO(application << " and " << server);
      CHECK(events.place_of(server, "ready") < events.place_of(application, "starting"));
      CHECK(events.place_of(application, "down") < events.place_of(server, "stopping"));
    }
  CHECK(left_of(invenio().directory(), invenio().ports()) == "");
  working().forget();
}

TEST_CASE("InvenioRDM starts from cold without a restart", "[invenio]") {
  RunningStack& stack = working().stack();
  write_chart(chart(stack.events().all()));
  const auto status = stack.status();
  CHECK(status.at("stack").at("door") == "open");
  for (const auto& service : status.at("services")) {
    INFO(service.at("name"));
    CHECK(service.at("restarts") == 0);
  }
}

TEST_CASE("a record is published and found; kill -9 of any service shows nobody outside a broken answer",
          "[invenio]") {
  RunningStack& stack = working().stack();
  const std::string record = invenio().publish("the outsider's record");
  CHECK(invenio().ask("GET", "/api/records/" + record).status == 200);
  CHECK(comes_true(30s, [&] {
    const auto found = invenio().ask("GET", "/api/records?q=outsider&size=1");
    return found.status == 200 && found.json().at("hits").at("total") == 1;
  }));
  for (const Victim& victim : victims) {
    INFO(victim.name);
    kill_and_watch(stack, victim, record);
  }
}

namespace {

/// What is wrong with the stack is put right again when the case ends.
class Changed {
public:
  Changed(std::string file, std::string from, std::string to)
      : file_(std::move(file)), from_(std::move(from)), to_(std::move(to)) {
    invenio().change(file_, from_, to_);
  }
  ~Changed() { invenio().change(file_, to_, from_); }
  Changed(const Changed&) = delete;
  Changed& operator=(const Changed&) = delete;

private:
  std::string file_;
  std::string from_;
  std::string to_;
};

/// A file that is somewhere else until the case ends.
class Away {
public:
  explicit Away(std::string path) : path_(std::move(path)) {
    std::filesystem::rename(path_, path_ + ".away");
  }
  ~Away() { std::filesystem::rename(path_ + ".away", path_); }
  Away(const Away&) = delete;
  Away& operator=(const Away&) = delete;

private:
  std::string path_;
};

/// Waits until the explanation says `words`; what it says then.
std::string explained(const RunningStack& stack, const Words& command, const std::string& words) {
  std::string said;
  static_cast<void>(comes_true(180s, [&] {
    said = stack.command(command).output;
    return said.find(words) != std::string::npos;
  }));
  return said;
}

std::string password_of(const std::string& server) {
  const std::string text = contents(invenio().directory() / "secrets/" + server);
  return text.substr(0, text.find('\n'));
}

/// The processes that answer requests are stopped, and so many visitors wait that no more may queue.
class FullQueue {
public:
  FullQueue(const RunningStack& stack, int port) {
    const auto master = stack.service("api").at("pid").get<pid_t>();
    for (const auto& process : processes_of(invenio().directory().name(), "api"))
      if (process.pid != master) stopped_.push_back(process.pid);
    for (const pid_t pid : stopped_)
      ::kill(pid, SIGSTOP);
    constexpr int more_than_may_queue = 200;
    for (int n = 0; n < more_than_may_queue; ++n)
      waiting_.push_back(connecting(port));
  }
  ~FullQueue() {
    for (const pid_t pid : stopped_)
      ::kill(pid, SIGCONT);
  }
  FullQueue(const FullQueue&) = delete;
  FullQueue& operator=(const FullQueue&) = delete;

private:
  static holdfast::Fd connecting(int port) {
    holdfast::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS)
      throw std::runtime_error("cannot connect to the API");
    return socket;
  }

  std::vector<pid_t> stopped_;
  std::vector<holdfast::Fd> waiting_;
};

} // namespace

TEST_CASE("a full listen queue is explained", "[invenio]") {
  RunningStack& stack = working().stack();
  {
    const FullQueue full(stack, invenio().api_port());
    const std::string said = explained(stack, {"explain", "api"}, "listen queue");
    INFO(said);
    CHECK(has(said, "listen queue"));
  }
  CHECK(works_again(stack));
}

TEST_CASE("an OpenSearch that is not there is explained", "[invenio]") {
  const std::string program = invenio().directory() / "opensearch/bin/opensearch";
  RunningStack& stack = working().stack();
  const Away away(program);
  stack.kill_service("opensearch");
  CHECK(stack.wait(180s) == 1); // it will not come back by being tried again
  const std::string said = stack.command({"explain"}).output;
  INFO(said);
  CHECK(has(said, "opensearch is failed"));
  CHECK(has(said, program + ": No such file or directory"));
  const auto checked = stack.command({"check"});
  CHECK(checked.code == 1);
  CHECK(has(checked.output, program + ": No such file or directory; is its package installed?"));
  working().forget();
}

TEST_CASE("a wrong password of the database is explained", "[invenio]") {
  working().stop();
  const Changed wrong("secrets/applications.env", "invenio:" + password_of("postgresql") + "@",
                      "invenio:wrong@");
  RunningStack stack(invenio().directory());
  const std::string said = explained(stack, {"explain", "api"}, "password authentication failed");
  INFO(said);
  CHECK(has(said, "api is starting"));
  CHECK(has(said, "500"));
  CHECK(has(said, "password authentication failed for user \"invenio\""));
  // A process of uWSGI that still loads does not hold the stop up until the patience of its ladder is over.
  CHECK(stack.stop(45s) == 0);
}

TEST_CASE("a broker of another name is explained", "[invenio]") {
  working().stop();
  SECTION("to its clients") {
    const Changed other("secrets/applications.env", "@127.0.0.1:" + std::to_string(invenio().broker_port()),
                        "@broker.invalid:" + std::to_string(invenio().broker_port()));
    RunningStack stack(invenio().directory());
    const std::string said = explained(stack, {"explain", "worker"}, "broker.invalid");
    INFO(said);
    CHECK(has(said, "no consumer"));
    CHECK(has(said, "broker.invalid"));
    CHECK(stack.stop(180s) == 0);
  }
  SECTION("of its own node") {
    const Changed other(
        "stack.d/demonstration.yaml", "      home: " + invenio().directory() / "data/rabbitmq\n",
        "      home: " + invenio().directory() / "data/rabbitmq\n      node: rabbit@elsewhere.invalid\n");
    RunningStack stack(invenio().directory());
    const std::string said = explained(stack, {"explain", "rabbitmq"}, "elsewhere.invalid");
    INFO(said);
    CHECK(has(said, "elsewhere.invalid"));
    CHECK(stack.stop(180s) == 0);
  }
}
