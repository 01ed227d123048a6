#include "command.h"
#include "fake_daemon.h"

using namespace holdfast;
using namespace holdfast::test;
using wire::ControlVerb;

namespace {

wire::PlanView two_changes() {
  return {.config = "/etc/holdfast/holdfast.yaml",
          .changes = {
              {.service = "",
               .effect = "live",
               .keys = {{.key = "stability.restart.budget", .from = "8 in 10m", .to = "4 in 10m"}}},
              {.service = "redis", .effect = "restart", .keys = {{.key = "services.redis.environment.KEY"}}},
              {.service = "worker", .effect = "stop", .why = "removed"}}};
}

wire::PlanView mistaken() {
  return {
      .config = "f.yaml",
      .valid = false,
      .mistakes = {{.file = "f.yaml", .line = 3, .severity = "error", .shown = "f.yaml:3:1: error: no\n"}}};
}

const std::string told = "the stack: counts from now on\n"
                         "  stability.restart.budget: 8 in 10m -> 4 in 10m\n"
                         "redis: restart\n"
                         "  services.redis.environment.KEY: changed\n"
                         "worker: stop (removed)\n";

} // namespace

TEST_CASE("plan shows what a reload changes, and succeeds") {
  Command command;
  FakeDaemon daemon(command.socket(), {two_changes(), wire::Finished{}});
  const Ran ran = command.run({"plan"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "/etc/holdfast/holdfast.yaml: a reload changes this:\n" + told);
  CHECK(daemon.requests() == std::vector<wire::ControlRequest>{{.verb = ControlVerb::plan}});
  CHECK(command.run({"plan", "--json"}).out == wire::encode_plan(two_changes()) + "\n");
}

TEST_CASE("plan of what is in force says so") {
  Command command;
  const FakeDaemon daemon(command.socket(), {wire::PlanView{.config = "f.yaml"}, wire::Finished{}});
  const Ran ran = command.run({"plan"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "f.yaml: a reload changes nothing\n");
}

TEST_CASE("plan with mistakes prints them as check does and fails") {
  Command command;
  const FakeDaemon daemon(command.socket(), {mistaken(), wire::Finished{}});
  const Ran ran = command.run({"plan"});
  CHECK(ran.code == 1);
  CHECK(ran.out == "f.yaml:3:1: error: no\n");
}

TEST_CASE("plan without a daemon says what a start would begin, or what is wrong") {
  Command command;
  command.plan = {.config = "f.yaml", .daemon = false, .changes = {{.service = "redis", .effect = "start"}}};
  const Ran ran = command.run({"plan"});
  CHECK(ran.code == 3);
  CHECK(ran.out == "f.yaml: nothing runs; a start would begin this:\nredis: start\n");
  CHECK(ran.err == "holdfast: no daemon listens on " + command.socket() + "\n");
  command.plan = mistaken();
  CHECK(command.run({"plan"}).code == 1);
}

TEST_CASE("reload shows what it changes and waits for the outcome") {
  Command command;
  FakeDaemon daemon(command.socket(), {two_changes(), wire::Progress{"redis is stopping"}, wire::Finished{}});
  const Ran ran = command.run({"reload"});
  CHECK(ran.code == 0);
  CHECK(ran.out == told + "waiting: redis is stopping\nreloaded\n");
  static_cast<void>(command.run({"reload", "--no-wait"}));
  CHECK(daemon.requests() == std::vector<wire::ControlRequest>{{.verb = ControlVerb::reload},
                                                               {.verb = ControlVerb::reload, .wait = false}});
}

TEST_CASE("a reload with mistakes prints them and says that nothing was changed") {
  Command command;
  const FakeDaemon daemon(command.socket(), {mistaken(), wire::Refused{"nothing was changed"}});
  const Ran ran = command.run({"reload"});
  CHECK(ran.code == 1);
  CHECK(ran.out == "f.yaml:3:1: error: no\n");
  CHECK(ran.err == "holdfast: nothing was changed\n");
}

TEST_CASE("the door and a task are asked for by name") {
  Command command;
  FakeDaemon daemon(command.socket(), {wire::Finished{}});
  CHECK(command.run({"door", "close"}).out == "the door is held closed\n");
  CHECK(command.run({"door", "open"}).out == "the door is no longer held closed\n");
  CHECK(command.run({"task", "run", "migration"}).out == "migration is done\n");
  CHECK(daemon.requests() ==
        std::vector<wire::ControlRequest>{{.verb = ControlVerb::door},
                                          {.verb = ControlVerb::door, .open = true},
                                          {.verb = ControlVerb::task, .services = {"migration"}}});
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"door"}, {"door", "shut"}, {"task"}, {"task", "a", "b"}, {"explain", "a", "b"}, {"reload", "a"}})
    CHECK(command.run(words).code == 2);
}
