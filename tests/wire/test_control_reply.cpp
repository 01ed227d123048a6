#include "support/catch.h"
#include "wire/control.h"

#include <string>
#include <vector>

using namespace holdfast::wire;

namespace {

StatusView example() {
  return {.time = "2026-11-24T07:00:00Z",
          .stack = {.name = "repository",
                    .verdict = "working",
                    .since = "2026-11-24T06:53:30Z",
                    .door = "open",
                    .why = ""},
          .services = {{.name = "postgresql",
                        .phase = "ready",
                        .critical = true,
                        .pid = 4711,
                        .run = 3,
                        .restarts = 2,
                        .since = "2026-11-24T06:53:29Z",
                        .why = "",
                        .memory_bytes = 431882240,
                        .memory_max_bytes = 2147483648,
                        .cpu_usec = 12345,
                        .tasks = 12,
                        .pressure = {.memory = 12.34, .cpu = 0.0, .io = {}},
                        .sockets = {{.name = "web", .address = "127.0.0.1:80", .queue = 3, .backlog = 4096},
                                    {.name = "local", .address = "unix:/run/x"}},
                        .last_exit = LastExit{.code = {}, .signal = "SIGKILL", .oom = true},
                        .status_text = "",
                        .log_lines_dropped = 0,
                        .last_lines = {}},
                       {.name = "redis", .phase = "waiting", .critical = false, .why = "needs postgresql"}}};
}

} // namespace

TEST_CASE("an answer is the same after its journey") {
  const EventLine event{.time = "2026-11-24T06:53:30.123456Z",
                        .service = "redis",
                        .run = 2,
                        .from = "starting",
                        .to = "ready",
                        .why = "",
                        .took_ms = 51};
  const EventLine verdict{.time = "2026-11-24T06:53:30.123456Z", .from = "starting", .to = "working"};
  const PlanView plan{.config = "/etc/holdfast/holdfast.yaml",
                      .valid = false,
                      .daemon = true,
                      .mistakes = {{.file = "f",
                                    .line = 3,
                                    .column = 5,
                                    .severity = "error",
                                    .path = "stack.nam",
                                    .message = "unknown key",
                                    .hint = "name",
                                    .shown = "f:3:5: error\n"}},
                      .changes = {{.service = "redis",
                                   .effect = "restart",
                                   .why = "",
                                   .keys = {{.key = "services.redis.umask", .from = "0", .to = "1"}}},
                                  {.service = "", .effect = "live"}}};
  const std::vector<ControlReply> replies = {Progress{"redis starts"},
                                             Finished{"done"},
                                             Refused{"no"},
                                             example(),
                                             event,
                                             verdict,
                                             LogPlaces{"/var/log/holdfast", {"redis"}},
                                             DaemonVersion{"0.1.0"},
                                             plan,
                                             Explanation{{{"the stack is broken", "2026-11-24T06:53:30Z", 0},
                                                          {"worker waits for rabbitmq", {}, 1}}}};
  for (const ControlReply& reply : replies) {
    const std::string line = encode(reply);
    INFO(line);
    CHECK(line.find('\n') == std::string::npos);
    const auto read = decode_reply(line);
    REQUIRE(read.ok());
    CHECK(read.value() == reply);
  }
}

TEST_CASE("status has the keys of the documentation, and null where nobody can know") {
  const std::string text = encode_status(example());
  CHECK(text.find(R"("stack":{"name":"repository","verdict":"working","since":"2026-11-24T06:53:30Z",)"
                  R"("door":"open","why":"","changed_on_disk":null})") != std::string::npos);
  CHECK(text.find(R"({"name":"postgresql","phase":"ready","critical":true,"pid":4711,"run":3,"restarts":2,)"
                  R"("since":"2026-11-24T06:53:29Z","why":"","memory_bytes":431882240,)"
                  R"("memory_max_bytes":2147483648,"cpu_usec":12345,"tasks":12,)"
                  R"("last_exit":{"code":null,"signal":"SIGKILL","oom":true},)"
                  R"("pressure":{"memory":12.34,"cpu":0.0,"io":null},)"
                  R"("sockets":[{"name":"web","address":"127.0.0.1:80","queue":3,"backlog":4096},)"
                  R"({"name":"local","address":"unix:/run/x","queue":null,"backlog":null}])") !=
        std::string::npos);
  CHECK(text.find(R"("pid":null,"run":0)") != std::string::npos);
  CHECK(text.find(
            R"("memory_bytes":null,"memory_max_bytes":null,"cpu_usec":null,"tasks":null,"last_exit":null)") !=
        std::string::npos);
  CHECK(text.find(R"("volumes":[],"certificates":[])") != std::string::npos);
}

TEST_CASE("a status keeps its volumes, with the keys of the documentation first of all") {
  StatusView view = example();
  view.volumes = {
      {.name = "database", .path = "/srv/db", .state = "present", .free_bytes = 1, .size_bytes = 2},
      {.name = "instance",
       .path = "/srv/i",
       .state = "stuck",
       .why = "/srv/i does not answer",
       .source = "nfs:/i",
       .used_by = {"web", "worker"}}};
  const std::string text = encode_status(view);
  CHECK(text.find(R"("volumes":[{"name":"database","path":"/srv/db","state":"present",)") !=
        std::string::npos);
  CHECK(text.find(R"("free_bytes":1,"size_bytes":2)") != std::string::npos);
  CHECK(text.find(R"("free_bytes":null,"size_bytes":null)") != std::string::npos);
  const auto read = decode_status(text);
  REQUIRE(read.ok());
  CHECK(read.value() == view);
}

TEST_CASE("a status keeps its explanations") {
  StatusView view = example();
  view.explanation = {{"the stack is broken", "2026-11-24T06:53:30Z", 0}};
  view.services[1].explanation = {{"redis waits", {}, 1}};
  const auto read = decode_status(encode_status(view));
  REQUIRE(read.ok());
  CHECK(read.value() == view);
}

TEST_CASE("a plan has the keys of the documentation") {
  CHECK(encode_plan({.config = "c", .changes = {{.service = "a", .effect = "start", .why = "added"}}}) ==
        R"({"config":"c","valid":true,"daemon":true,"mistakes":[],)"
        R"("changes":[{"service":"a","effect":"start","why":"added","keys":[]}]})");
}

TEST_CASE("an event has the keys of the documentation") {
  CHECK(encode_event({.time = "t", .from = "starting", .to = "working", .why = "w", .took_ms = 7}) ==
        R"({"time":"t","service":null,"run":null,"from":"starting","to":"working","why":"w","took_ms":7})");
}

TEST_CASE("a reader passes over keys that a later version adds") {
  const auto event = decode_event(
      R"({"time":"t","service":"a","run":1,"from":"a","to":"b","why":"","took_ms":1,"later":{"x":[1]}})");
  REQUIRE(event.ok());
  CHECK(event.value().service == "a");
}

TEST_CASE("an answer that is not one is refused") {
  const std::vector<std::string> lines = {
      "",
      "x",
      "{}",
      R"({"reply":"hello"})",
      R"({"reply":"status"})",
      R"({"reply":"status","status":{}})",
      R"({"reply":"status","status":{"stack":1,"services":[]}})",
      R"({"reply":"event","event":[]})",
      R"({"reply":"done"})",
      R"({"reply":"logs","directory":"/","services":["../../etc/shadow"]})"};
  for (const std::string& line : lines) {
    INFO(line);
    CHECK_FALSE(decode_reply(line).ok());
  }
  const std::string line = encode(ControlReply(example()));
  for (std::size_t size = 0; size < line.size(); size += 7)
    CHECK_FALSE(decode_reply(line.substr(0, size)).ok());
}

TEST_CASE("an answer longer than a line may be says so instead") {
  StatusView view = example();
  view.services[0].last_lines = {std::string(longest_reply, 'x')};
  const auto reply = decode_reply(encode(ControlReply(view)));
  REQUIRE(reply.ok());
  CHECK(std::holds_alternative<Refused>(reply.value()));
}

TEST_CASE("bytes of a log that are not UTF-8 do not break an answer") {
  const auto reply = decode_reply(encode(ControlReply(Progress{"caf\xe9"})));
  REQUIRE(reply.ok());
  CHECK(std::get<Progress>(reply.value()).text == "caf\xef\xbf\xbd");
}
