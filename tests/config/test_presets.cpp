#include "input.h"
#include "support/catch.h"

#include <sys/stat.h>

using namespace holdfast;

namespace {

const std::string small_preset = R"(about: a test
parameters:
  port: {about: "the port", default: 80}
  name: {about: "who"}
service:
  command: [/bin/x, "--port=${port}", "${name}-${name}", "$name", plain]
  user: daemon
  environment: {A: one, PORT: "${port}"}
  ready: {notify: true, every: 1s}
  stop: [{signal: SIGINT, wait: 5s}]
)";

std::string stack(const std::string& entry) {
  return "stack: {name: s}\nservices:\n  a: " + entry + "\n";
}

} // namespace

TEST_CASE("preset: parameters in strings, a service's own keys win, maps merge, lists replace") {
  test::Input input;
  input.write("presets/small.yaml", small_preset);
  const auto loaded = input.load(stack("{preset: small, with: {name: me}, environment: {A: two, B: three}, "
                                       "stop: [{signal: SIGQUIT}], umask: 0077}"));
  CAPTURE(test::rendered(loaded, input.path()));
  REQUIRE(loaded.stack);
  const model::ServiceSpec& service = loaded.stack->services.at(0);
  CHECK(service.program.command ==
        std::vector<std::string>{"/bin/x", "--port=80", "me-me", "$name", "plain"});
  CHECK(service.program.environment ==
        std::map<std::string, std::string>{{"A", "two"}, {"B", "three"}, {"PORT", "80"}});
  CHECK(service.program.umask == 077);
  CHECK(service.stop == std::vector<model::Rung>{
                            {.signal = 3, .to_all = false, .exec = {}, .wait = std::chrono::seconds(30)}});
  CHECK(service.ready.kind == model::ProbeKind::notify);
  CHECK(names_of(loaded.kept).back() == input.path() + "/presets/small.yaml");
}

TEST_CASE("preset: a probe of another kind takes the place of the preset's") {
  test::Input input;
  input.write("presets/small.yaml", small_preset);
  const auto loaded = input.load(stack("{preset: small, with: {name: me}, ready: {running: 2s}}"));
  REQUIRE(loaded.stack);
  CHECK(loaded.stack->services.at(0).ready.kind == model::ProbeKind::running);
  CHECK(loaded.stack->services.at(0).ready.every == std::chrono::seconds(1));
}

TEST_CASE("preset: what was put in is not looked at again") {
  test::Input input;
  input.write("presets/small.yaml", small_preset);
  const auto loaded = input.load(stack("{preset: small, with: {name: '${port}', port: '${name}'}}"));
  REQUIRE(loaded.stack);
  CHECK(loaded.stack->services.at(0).program.command.at(1) == "--port=${name}");
}

TEST_CASE("preset: mistakes of its use, in the place of the use") {
  test::Input input;
  input.write("presets/small.yaml", small_preset);
  const auto loaded = input.load("stack: {name: s}\nservices:\n"
                                 "  a: {preset: small, with: {name: me, prt: 81}}\n"
                                 "  b: {preset: small}\n"
                                 "  c: {preset: smal}\n"
                                 "  d: {command: [/bin/true], user: daemon, with: {x: 1}}\n"
                                 "  e: {preset: ../small}\n");
  CHECK(test::rendered(loaded, input.path()) ==
        test::contents(HOLDFAST_SOURCE_DIR "/tests/config/preset_use.txt"));
}

TEST_CASE("preset: mistakes of its own, in its own file, once for all who use it") {
  test::Input input;
  input.write("presets/wrong.yaml", "about: x\nparameters: {port: {about: p, default: 1}}\nservice:\n"
                                    "  command: [/bin/x, \"${prt}\"]\n  user: daemon\n  umask: high\n");
  const auto loaded = input.load("stack: {name: s}\nservices: {a: {preset: wrong}, b: {preset: wrong}}\n");
  CHECK(test::rendered(loaded, input.path()) ==
        test::contents(HOLDFAST_SOURCE_DIR "/tests/config/preset_own.txt"));
}

TEST_CASE("preset: its file obeys the rules of a file") {
  test::Input input;
  input.write("presets/small.yaml", small_preset);
  REQUIRE(::chmod((input.path() + "/presets/small.yaml").c_str(), 0666) == 0);
  const auto loaded = input.load(stack("{preset: small, with: {name: me}}"));
  CHECK(loaded.diagnostics.size() == 1);
  CHECK(test::told(loaded, "its group or others may write it"));
}

TEST_CASE("preset: the first directory wins") {
  test::Input input;
  input.write("presets/redis.yaml", "about: own\nservice: {command: [/opt/redis], user: daemon}\n");
  const auto loaded = input.load(stack("{preset: redis}"));
  REQUIRE(loaded.stack);
  CHECK(loaded.stack->services.at(0).program.command.at(0) == "/opt/redis");
}

TEST_CASE("preset: those that are shipped load with their defaults") {
  test::Input input;
  const auto loaded =
      input.load("stack: {name: s}\nservices: {postgresql: {preset: postgresql}, redis: {preset: redis}, "
                 "epmd: {preset: epmd}, rabbitmq: {preset: rabbitmq}}\n");
  CAPTURE(test::rendered(loaded, input.path()));
  REQUIRE(loaded.stack);
  CHECK(loaded.diagnostics.empty());
  const auto& services = loaded.stack->services;
  REQUIRE(services.size() == 4);
  CHECK(services[0].program.requirements ==
        std::vector<model::Requirement>{{"/var/lib/postgresql/15/main/PG_VERSION", "postgres"}});
  CHECK(services[0].stop.at(0).signal == 2);
  CHECK(services[0].stop.at(1).signal == 3);
  CHECK(services[0].progress->exit == std::vector<int>{1});
  CHECK(services[1].program.command.back().empty());
  CHECK(services[2].ready.kind == model::ProbeKind::exec);
  CHECK(services[3].needs == std::vector<model::Need>{{.on = {2}, .restart = false, .soft = false}});
  CHECK(services[3].program.limits.open_files == 65536U);
}

TEST_CASE("preset: two stacks on one machine need nothing but parameters") {
  test::Input input;
  const auto loaded = input.load(R"(stack: {name: demo, runtime: /tmp/demo/run}
services:
  postgresql: {preset: postgresql, with: {data: /tmp/demo/pg, config: /tmp/demo/pg/postgresql.conf, port: 15432, sockets: /tmp/demo/run/pg}}
  redis: {preset: redis, with: {config: /tmp/demo/redis.conf, port: 16379, dir: /tmp/demo/redis, run: /tmp/demo/run/redis}}
  epmd: {preset: epmd, with: {port: 14369}}
  rabbitmq:
    preset: rabbitmq
    with: {node: demo@localhost, port: 15673, dist_port: 25673, epmd_port: 14369, home: /tmp/demo/mq, base: /tmp/demo/mq/mnesia,
           logs: /tmp/demo/mq/log, config: /tmp/demo/mq/rabbitmq.conf, plugins: /tmp/demo/mq/plugins, env_file: /dev/null}
)");
  CAPTURE(test::rendered(loaded, input.path()));
  REQUIRE(loaded.stack);
  for (const model::ServiceSpec& service : loaded.stack->services) {
    for (const std::string& word : service.program.command)
      CHECK(word.find("/var/") == std::string::npos);
    for (const auto& [name, value] : service.program.environment)
      CHECK(value.find("/var/") == std::string::npos);
  }
}

TEST_CASE("preset: a broker without its epmd is told what to add") {
  test::Input input;
  const auto loaded = input.load(stack("{preset: rabbitmq}"));
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].message == "unknown service \"epmd\" in services.a.needs");
  CHECK(loaded.diagnostics[0].hint == "add `epmd: {preset: epmd}` to services");
}
