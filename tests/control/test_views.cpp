#include "base/file.h"
#include "control/status_file.h"
#include "control/views.h"
#include "served.h"

#include <csignal>

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("a stack that works") {
  FakePort port(two_services());
  port.facts_[0] = {.memory_bytes = 1000,
                    .memory_max_bytes = 2000,
                    .cpu_usec = 3,
                    .tasks = 4,
                    .memory_pressure = 1.5,
                    .sockets = {{.name = "web", .address = "unix:/a", .queue = 1}}};
  port.dropped_[0] = 5;
  port.feed(model::StackStarted{});
  port.run(redis, 4711);
  port.run(worker, 4712);
  const wire::StatusView view = control::status_view(port, WallTime(std::chrono::seconds(1795503220)));
  CHECK(view.time == "2026-11-24T06:53:40Z");
  CHECK(view.stack.verdict == "working");
  CHECK(view.stack.door == "open");
  CHECK(view.stack.why.empty());
  const wire::ServiceStatus& first = view.services[0];
  CHECK(first.name == "redis");
  CHECK(first.phase == "ready");
  CHECK(first.critical);
  CHECK(first.pid == 4711);
  CHECK(first.run == 1);
  CHECK(first.restarts == 0);
  CHECK(first.since == "2026-11-24T06:53:30Z");
  CHECK(first.why.empty());
  CHECK(first.memory_bytes == 1000U);
  CHECK(first.memory_max_bytes == 2000U);
  CHECK(first.cpu_usec == 3U);
  CHECK(first.tasks == 4U);
  CHECK(first.pressure == wire::Pressure{.memory = 1.5});
  CHECK(first.sockets == std::vector<wire::SocketStatus>{{.name = "web", .address = "unix:/a", .queue = 1}});
  CHECK(first.log_lines_dropped == 5);
  CHECK_FALSE(first.last_exit.has_value());
  CHECK_FALSE(view.services[1].critical);
  CHECK_FALSE(view.services[1].memory_bytes.has_value());
}

TEST_CASE("what lasts needs no look at the kernel, and loses no count") {
  FakePort port(two_services());
  port.facts_[0] = {.memory_bytes = 1000, .memory_max_bytes = 2000, .cpu_usec = 3, .tasks = 4};
  port.dropped_[0] = 5;
  port.feed(model::StackStarted{});
  const wire::StatusView view = control::lasting_view(port, WallTime{});
  CHECK_FALSE(view.services[0].memory_bytes.has_value());
  CHECK(view.services[0].log_lines_dropped == 5);
}

TEST_CASE("what waits names what it waits for") {
  FakePort port(two_services());
  port.feed(model::StackStarted{});
  const wire::StatusView view = control::status_view(port, WallTime{});
  CHECK(view.stack.verdict == "starting");
  CHECK(view.stack.door == "closed");
  CHECK_FALSE(view.services[0].pid.has_value());
  CHECK(view.services[1].phase == "waiting");
  CHECK(view.services[1].why == "needs redis, which is starting");
  CHECK(view.services[1].run == 0);
}

TEST_CASE("what exits shows how, and its last lines") {
  FakePort port(two_services());
  port.lines_ = {"FATAL: no"};
  port.feed(model::StackStarted{});
  port.run(redis, 4711);
  port.run(worker, 4712);
  port.exit(worker, {.code = 0, .signal = SIGKILL});
  const wire::ServiceStatus shown = control::status_view(port, WallTime{}).services[1];
  CHECK(shown.phase == "backoff");
  CHECK_FALSE(shown.pid.has_value());
  CHECK(shown.last_exit == wire::LastExit{.code = {}, .signal = "SIGKILL", .oom = false});
  CHECK(shown.last_lines == std::vector<std::string>{"FATAL: no"});
  CHECK(shown.why.find("SIGKILL") != std::string::npos);
  port.exit(redis, {.code = 3, .signal = 0});
  CHECK(control::status_view(port, WallTime{}).services[0].last_exit ==
        wire::LastExit{.code = 3, .signal = {}, .oom = false});
}

TEST_CASE("the last lines of many failed services never make the answer too long") {
  model::StackSpec spec;
  for (int i = 0; i < 300; ++i) {
    model::ServiceSpec service;
    service.name = "s" + std::to_string(i);
    service.ready.running = Duration{};
    spec.services.push_back(service);
  }
  spec.start_at_once = 300;
  FakePort port(spec);
  port.lines_ = {std::string(8000, 'x')};
  port.feed(model::StackStarted{});
  for (std::uint32_t i = 0; i < 300; ++i) {
    port.run({i}, 1000);
    port.exit({i}, {.code = 1, .signal = 0});
  }
  const wire::StatusView view = control::status_view(port, WallTime{});
  CHECK(wire::encode_status(view).size() < wire::longest_reply);
  CHECK(view.services[0].last_lines.size() == 1);
}

TEST_CASE("the status file is replaced whole and can be read back") {
  const Scratch scratch;
  model::StackSpec spec = two_services();
  spec.services[1].critical = true;
  FakePort port(spec);
  control::StatusFile file(scratch / "status.json");
  port.feed(model::StackStarted{});
  REQUIRE(file.write(port, Durability::relaxed).ok());
  auto view = wire::decode_status(read_file(scratch / "status.json", 1U << 20).value());
  REQUIRE(view.ok());
  CHECK(view.value().stack.verdict == "starting");
  port.run(redis, 1);
  REQUIRE(file.write(port, Durability::synced).ok());
  view = wire::decode_status(read_file(scratch / "status.json", 1U << 20).value());
  CHECK(view.value().services[0].phase == "ready");
  control::StatusFile nowhere(scratch / "missing/status.json");
  CHECK_FALSE(nowhere.write(port, Durability::relaxed).ok());
}
