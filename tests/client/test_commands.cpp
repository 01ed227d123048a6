#include "command.h"
#include "fake_daemon.h"

#include <algorithm>
#include <set>

using namespace holdfast;
using namespace holdfast::test;
using wire::ControlVerb;

TEST_CASE("a command shows what it waits for, a line each on a pipe, and what came of it") {
  Command command;
  FakeDaemon daemon(command.socket(), {wire::Progress{"redis is starting"},
                                       wire::Progress{"worker is starting"}, wire::Finished{}});
  const Ran ran = command.run({"start", "redis", "worker"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "waiting: redis is starting\nwaiting: worker is starting\nstarted redis, worker\n");
  CHECK(daemon.requests() ==
        std::vector<wire::ControlRequest>{{.verb = ControlVerb::start, .services = {"redis", "worker"}}});
}

TEST_CASE("a command whose outcome does not come fails with the reason") {
  Command command;
  const FakeDaemon daemon(
      command.socket(), {wire::Progress{"redis is starting"}, wire::Refused{"redis is failed: exit code 1"}});
  const Ran ran = command.run({"restart"});
  CHECK(ran.code == 1);
  CHECK(ran.err == "holdfast: redis is failed: exit code 1\n");
}

TEST_CASE("without waiting the daemon is told so") {
  Command command;
  FakeDaemon daemon(command.socket(), {wire::Finished{}});
  const Ran ran = command.run({"stop", "--no-wait"});
  CHECK(ran.code == 0);
  CHECK(daemon.requests() ==
        std::vector<wire::ControlRequest>{{.verb = ControlVerb::stop, .services = {}, .wait = false}});
}

TEST_CASE("what changes something has an id of its own each time, and what reads has none") {
  Command command;
  FakeDaemon daemon(command.socket(), {wire::Finished{}});
  const std::vector<std::vector<std::string>> changing = {{"start"},         {"start"},
                                                          {"stop"},          {"restart", "redis"},
                                                          {"reload"},        {"task", "run", "migration"},
                                                          {"door", "close"}, {"volume", "adopt", "database"}};
  for (const auto& words : changing)
    CHECK(command.run(words).code == 0);
  const auto ids = daemon.ids();
  REQUIRE(ids.size() == changing.size());
  CHECK(std::set<std::uint64_t>(ids.begin(), ids.end()).size() == changing.size());
  CHECK(std::find(ids.begin(), ids.end(), 0U) == ids.end());
  for (const char* verb : {"status", "events", "logs", "explain", "plan", "version"})
    static_cast<void>(command.run({verb}));
  CHECK(daemon.ids().back() == 0);
}

TEST_CASE("a command without a daemon names the socket") {
  Command command;
  for (const char* verb : {"start", "stop", "restart"}) {
    const Ran ran = command.run({verb});
    CHECK(ran.code == 3);
    CHECK(ran.out.empty());
    CHECK(ran.err == "holdfast: no daemon listens on " + command.socket() + "\n");
  }
}

TEST_CASE("a socket that may not be used is not taken for no daemon") {
  Command command;
  const std::string path = command.scratch / std::string(120, 'x');
  const Ran ran = command.run({"status", "--socket", path});
  CHECK(ran.code == 1);
  CHECK(ran.err.find("longer than the path of a socket may be") != std::string::npos);
}
