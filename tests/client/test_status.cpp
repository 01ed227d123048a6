#include "command.h"
#include "fake_daemon.h"

#include <filesystem>

using namespace holdfast;
using namespace holdfast::test;

namespace {

wire::StatusView view_of(const std::string& verdict) {
  wire::StatusView view;
  view.time = "2026-11-24T07:00:00Z";
  view.stack = {
      .name = "repository", .verdict = verdict, .since = "2026-11-24T06:53:30Z", .door = "open", .why = ""};
  wire::ServiceStatus redis;
  redis.name = "redis";
  redis.phase = "ready";
  redis.pid = 4711;
  redis.run = 3;
  redis.restarts = 2;
  redis.since = "2026-11-24T06:53:29Z";
  redis.memory_bytes = 431882240;
  redis.memory_max_bytes = 2147483648;
  redis.cpu_usec = 1500000;
  view.services.push_back(redis);
  return view;
}

wire::StatusView failed_view() {
  wire::StatusView view = view_of("broken");
  view.stack.why = "worker is failed: exit code 1";
  wire::ServiceStatus worker;
  worker.name = "worker";
  worker.phase = "failed";
  worker.since = "2026-11-24T06:53:29Z";
  worker.why = "exit code 1; \x1b[2J";
  worker.last_lines = {"Traceback", "\x1b]0;x\x07"
                                    "Error: no"};
  view.services.push_back(worker);
  return view;
}

} // namespace

TEST_CASE("status of a stack that works") {
  Command command;
  FakeDaemon daemon(command.socket(), {view_of("working"), wire::Finished{}});
  const Ran ran = command.run({"status"});
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
  CHECK(ran.out.find("repository: working since 2026-11-24T06:53:30Z (") == 0);
  CHECK(ran.out.find("door open\n\nSERVICE  PHASE  FOR") != std::string::npos);
  CHECK(ran.out.find("4711  3    2         1.5 s  412 MiB / 2 GiB\n") != std::string::npos);
  CHECK(ran.out.find('\x1b') == std::string::npos);
  CHECK(daemon.requests() == std::vector<wire::ControlRequest>{{.verb = wire::ControlVerb::status}});
}

TEST_CASE("status shows volumes that are not right, and no others") {
  Command command;
  wire::StatusView view = view_of("working");
  wire::VolumeStatus volume{.name = "database", .path = "/srv/db", .state = "present"};
  view.volumes = {volume};
  {
    const FakeDaemon daemon(command.socket(), {view, wire::Finished{}});
    CHECK(command.run({"status"}).out.find("VOLUME") == std::string::npos);
  }
  view.volumes[0].state = "missing";
  view.volumes[0].why = "/srv/db is a plain directory\x1b[2J";
  std::filesystem::remove(command.socket());
  const FakeDaemon daemon(command.socket(), {view, wire::Finished{}});
  const Ran ran = command.run({"status"});
  CHECK(ran.out.find("\nVOLUME    STATE    PATH") != std::string::npos);
  CHECK(ran.out.find("\ndatabase  missing  /srv/db  any") != std::string::npos);
  CHECK(ran.out.find("/srv/db is a plain directory\\x1b[2J\n") != std::string::npos);
}

TEST_CASE("status says since when the configuration on the disk is another") {
  Command command;
  wire::StatusView view = view_of("working");
  view.stack.changed_on_disk = "2026-11-24T06:59:00Z";
  const FakeDaemon daemon(command.socket(), {view, wire::Finished{}});
  CHECK(command.run({"status"})
            .out.find("\n  configuration changed on disk since 2026-11-24T06:59:00Z; `holdfast "
                      "plan` shows what a reload would do\n") != std::string::npos);
}

TEST_CASE("status tells of connections that wait, and of no empty queue") {
  Command command;
  wire::StatusView view = view_of("working");
  view.services[0].status_text = "busy";
  view.services[0].sockets = {{.name = "web", .address = "127.0.0.1:80", .queue = 3, .backlog = 4096},
                              {.name = "idle", .address = "127.0.0.1:81", .queue = 0, .backlog = 9},
                              {.name = "closed", .address = "127.0.0.1:82"}};
  const FakeDaemon daemon(command.socket(), {view, wire::Finished{}});
  CHECK(command.run({"status"}).out.find("busy; 3 of 4096 connections wait on 127.0.0.1:80\n") !=
        std::string::npos);
}

TEST_CASE("status shows why, and the last lines of what failed, and nothing that steers a terminal") {
  Command command;
  const FakeDaemon daemon(command.socket(), {failed_view(), wire::Finished{}});
  const Ran ran = command.run({"status"});
  CHECK(ran.code == 1);
  CHECK(ran.out.find("\n  worker is failed: exit code 1\n") != std::string::npos);
  CHECK(ran.out.find("exit code 1; \\x1b[2J\n") != std::string::npos);
  CHECK(ran.out.find("The last lines of worker:\n  Traceback\n  \\x1b]0;x\\x07Error: no\n") !=
        std::string::npos);
  CHECK(ran.out.find('\x1b') == std::string::npos);
}

TEST_CASE("the exit code of status is the verdict's, with --json too") {
  for (const auto& [verdict, code] : std::vector<std::pair<std::string, int>>{{"working", 0},
                                                                              {"degraded", 0},
                                                                              {"starting", 1},
                                                                              {"broken", 1},
                                                                              {"stopping", 1},
                                                                              {"stopped", 1},
                                                                              {"failed", 1}}) {
    INFO(verdict);
    Command command;
    const FakeDaemon daemon(command.socket(), {view_of(verdict), wire::Finished{}});
    CHECK(command.run({"status"}).code == code);
    const Ran json = command.run({"status", "--json"});
    CHECK(json.code == code);
    const auto view = wire::decode_status(json.out.substr(0, json.out.size() - 1));
    REQUIRE(view.ok());
    CHECK(view.value() == view_of(verdict));
  }
}

TEST_CASE("a status that is watched on a pipe is printed at each change") {
  Command command;
  FakeDaemon daemon(command.socket(), {view_of("starting"), view_of("working"), wire::Refused{"no more"}});
  const Ran ran = command.run({"status", "--watch", "--json"});
  CHECK(ran.code == 1);
  CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 2);
  CHECK(daemon.requests()[0].follow);
}

TEST_CASE("without a daemon the last known is shown, marked so") {
  Command command;
  command.put("status.json", wire::encode_status(view_of("failed")) + "\n");
  const Ran ran = command.run({"status"});
  CHECK(ran.code == 3);
  CHECK(ran.err == "holdfast: no daemon listens on " + command.socket() + "\n");
  CHECK(ran.out.find(
            "The daemon does not run; last known, of 2026-11-24T07:00:00Z:\nrepository: failed since") == 0);
  const Ran json = command.run({"status", "--json"});
  CHECK(json.code == 3);
  CHECK(json.out.find("\"last_known\":true") != std::string::npos);
}

TEST_CASE("without a daemon and without a file nothing is known") {
  Command command;
  const Ran ran = command.run({"status"});
  CHECK(ran.code == 3);
  CHECK(ran.out.empty());
  CHECK(ran.err.find(command.socket()) != std::string::npos);
  CHECK(ran.err.find("nothing is known of before") != std::string::npos);
  command.put("status.json", "{\"stack\":7}\n");
  CHECK(command.run({"status"}).code == 3);
}

TEST_CASE("a socket of the caller's choice goes before the configuration's") {
  Command command;
  const FakeDaemon daemon(command.scratch / "other.sock", {view_of("working"), wire::Finished{}});
  CHECK(command.run({"status", "--socket", command.scratch / "other.sock"}).code == 0);
  CHECK(command.run({"status", "--config", "/some/file"}).code == 3);
  CHECK(command.config_ == "/some/file");
}

TEST_CASE("a daemon that turns us away or talks nonsense is no success") {
  Command command;
  {
    const FakeDaemon daemon(command.socket(), {wire::Refused{"too many connections; try again"}});
    const Ran ran = command.run({"status"});
    CHECK(ran.code == 1);
    CHECK(ran.err == "holdfast: too many connections; try again\n");
  }
  FakeDaemon daemon(command.scratch / "other.sock", {});
  daemon.raw = "nonsense\n";
  const Ran ran = command.run({"status", "--socket", command.scratch / "other.sock"});
  CHECK(ran.code != 0);
  CHECK(ran.err == "holdfast: the daemon's answer: not JSON\n");
}

TEST_CASE("version is told with and without a daemon") {
  Command command;
  Ran ran = command.run({"version"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "holdfast 1.2.3\n");
  CHECK(command.run({"version", "--json"}).out == "{\"version\":\"1.2.3\",\"daemon\":null}\n");
  const FakeDaemon daemon(command.socket(), {wire::DaemonVersion{"1.2.2"}, wire::Finished{}});
  CHECK(command.run({"version"}).out == "holdfast 1.2.3\ndaemon 1.2.2\n");
  CHECK(command.run({"version", "--json"}).out == "{\"version\":\"1.2.3\",\"daemon\":\"1.2.2\"}\n");
}
