// PostgreSQL, Redis and RabbitMQ with its epmd, together.

#include "stack/nothing_left.h"
#include "stack/servers.h"
#include "support/catch.h"

#include <algorithm>
#include <csignal>

using namespace holdfast::test;

namespace {

std::size_t erlang_machines(const std::string& stack) {
  const auto all = processes_of(stack, "rabbitmq");
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const auto& process) {
    return process.command.find("beam.smp") != std::string::npos;
  }));
}

} // namespace

TEST_CASE("the servers start in order of need, stop in reverse, and leave nothing", "[servers]") {
  const Servers servers;
  RunningStack stack(servers.directory());
  CHECK(stack.command({"start"}, 180s).failure() == "");
  const auto status = stack.status();
  CHECK(status.at("stack").at("verdict") == "working");
  CHECK(status.at("stack").at("door") == "open");
  for (const auto& service : status.at("services")) {
    CHECK(service.at("phase") == "ready");
    CHECK(service.at("run") == 1);
    CHECK(service.at("restarts") == 0);
  }
  CHECK(stack.stop(120s, SIGINT) == 0);
  stack.events().read_to_end(10s);

  const auto& events = stack.events();
  CHECK(events.place_of("epmd", "ready") < events.place_of("rabbitmq", "starting"));
  CHECK(events.place_of("rabbitmq", "down") < events.place_of("epmd", "stopping"));
  CHECK(left_of(servers.directory(), servers.ports()) == "");
}

TEST_CASE("kill -9 of any server brings it back", "[servers]") {
  const Servers servers;
  RunningStack stack(servers.directory());
  stack.events().wait_for("", "working", 180s);
  for (const std::string name : {"postgresql", "redis", "rabbitmq", "epmd"}) {
    INFO(name);
    stack.events().wait_for(name, "ready");
    const auto old = stack.kill_service(name);
    const auto back = stack.events().wait_for(name, "ready", 180s);
    CHECK(back.run == 2);
    CHECK(stack.service(name).at("pid") != old);
    CHECK(stack.command({"start"}, 180s).failure() == "");
    CHECK(stack.service(name).at("last_exit").at("signal") == "SIGKILL");
  }
  CHECK(stack.stop() == 0);
  CHECK(left_of(servers.directory(), servers.ports()) == "");
}

TEST_CASE("the broker restarts by command, uncharged, and its node is the only one", "[servers]") {
  const Servers servers;
  RunningStack stack(servers.directory());
  stack.events().wait_for("", "working", 180s);
  CHECK(stack.command({"restart", "rabbitmq"}, 180s).failure() == "");
  const auto entry = stack.service("rabbitmq");
  CHECK(entry.at("phase") == "ready");
  CHECK(entry.at("run") == 2);
  CHECK(entry.at("restarts") == 0);
  CHECK(stack.service("epmd").at("run") == 1);
  CHECK(erlang_machines(servers.directory().name()) == 1);
  CHECK(stack.stop() == 0);
  CHECK(left_of(servers.directory(), servers.ports()) == "");
}

TEST_CASE("the broker's main process dies and the Erlang VM lives on: it is cleared away first",
          "[servers]") {
  const Servers servers;
  // A wrapper that does not exec, as many a start script: the VM is then a child that outlives it, keeps the
  // port, and would make the next start fail with eaddrinuse.
  servers.directory().write("stack.d/wrapper.yaml", R"(services:
  rabbitmq:
    command: ["/bin/sh", "-c", "/usr/lib/rabbitmq/bin/rabbitmq-server & wait"]
)");
  RunningStack stack(servers.directory());
  stack.events().wait_for("", "working", 180s);
  const auto& name = servers.directory().name();
  stack.events().wait_for("rabbitmq", "ready");
  const auto wrapper = stack.kill_service("rabbitmq");
  CHECK(erlang_machines(name) == 1); // it did live on

  stack.events().wait_for("rabbitmq", "starting", 60s);
  for (const auto& process : processes_of(name, "rabbitmq")) {
    CHECK(process.pid != wrapper);
    CHECK(process.cgroup.find("/rabbitmq/2") != std::string::npos);
  }
  CHECK(stack.events().wait_for("rabbitmq", "ready", 180s).run == 2);
  CHECK(erlang_machines(name) == 1);
  CHECK(stack.stop() == 0);
  CHECK(left_of(servers.directory(), servers.ports()) == "");
}
