#include "config/difference.h"
#include "input.h"
#include "support/catch.h"

using namespace holdfast;

namespace {

config::Loaded loaded(const std::string& text) {
  test::Input input;
  auto result = input.load(text);
  INFO(test::rendered(result, input.path()));
  REQUIRE(result.stack);
  return result;
}

/// A line for each change, then one for each of its keys.
std::string told(const config::Loaded& now, const config::Loaded& next,
                 const config::ChangedFiles& files = {}) {
  std::string text;
  for (const wire::PlannedChange& change : config::difference(now, next, files)) {
    text += (change.service.empty() ? "the stack" : change.service) + ": " + change.effect +
            (change.why.empty() ? "" : " (" + change.why + ")") + "\n";
    for (const wire::KeyChange& key : change.keys)
      text += "  " + key.key + (key.from.empty() ? " changed" : ": " + key.from + " -> " + key.to) + "\n";
  }
  return text;
}

std::string told(const std::string& now, const std::string& next) {
  return told(loaded("stack: {name: s}\n" + now), loaded("stack: {name: s}\n" + next));
}

const std::string service = "services: {a: {command: [/bin/a], user: daemon";

} // namespace

TEST_CASE("difference: nothing changed, nothing is told") {
  CHECK(told(service + "}}\n", service + "}}\n").empty());
  CHECK(told(service + "}}\n", "services:\n  a:\n    user: daemon\n    command: [/bin/a]\n").empty());
}

TEST_CASE("difference: other words for the same value do nothing") {
  CHECK(told(service + ", start_within: 60s}}\n", service + ", start_within: 1m}}\n") ==
        "a: nothing\n  services.a.start_within: 60s -> 1m\n");
}

TEST_CASE("difference: how a service is started is a restart, all else is live") {
  CHECK(told(service + "}}\n", "services: {a: {command: [/bin/a, -v], user: daemon}}\n") ==
        "a: restart\n  services.a.command: [/bin/a] -> [/bin/a, -v]\n");
  CHECK(told(service + "}}\n", service + ", limits: {open_files: 20}}}\n") ==
        "a: restart\n  services.a.limits.open_files: not set -> 20\n");
  CHECK(told(service + ", limits: {memory: 2GiB}}}\n", service + ", limits: {cpu: 1.5}}}\n") ==
        "a: live\n  services.a.limits.memory: 2GiB -> not set\n  services.a.limits.cpu: not set -> 1.5\n");
  CHECK(told(service + ", restart: {budget: 8 in 10m}}}\n", service + ", restart: {budget: 4 in 10m}}}\n") ==
        "a: live\n  services.a.restart.budget: 8 in 10m -> 4 in 10m\n");
  CHECK(told(service + ", live: {exec: [/bin/l], then: alert}}}\n", service + "}}\n") ==
        "a: live\n  services.a.live.exec: [/bin/l] -> not set\n  services.a.live.then: alert -> not set\n");
}

TEST_CASE("difference: what the stack says for all is told once") {
  CHECK(told("stability: {restart: {budget: 8 in 10m}}\n" + service + "}}\n",
             "stability: {restart: {budget: 4 in 10m}}\n" + service + "}}\n") ==
        "the stack: live\n  stability.restart.budget: 8 in 10m -> 4 in 10m\n");
}

TEST_CASE("difference: limits of the stack are applied live") {
  const std::string limited = "stack: {name: s, limits: {memory: 4GiB}}\n" + service + "}}\n";
  CHECK(told(loaded("stack: {name: s}\n" + service + "}}\n"), loaded(limited)) ==
        "the stack: live\n  stack.limits.memory: not set -> 4GiB\n");
}

TEST_CASE("difference: what comes, goes, and is enabled or not") {
  const std::string two = service + "}, b: {command: [/bin/b], user: daemon}}\n";
  CHECK(told(service + "}}\n", two) == "b: start (added)\n");
  CHECK(told(two, service + "}}\n") == "b: stop (removed)\n");
  CHECK(told(service + "}}\n", "services: {c: {command: [/bin/a], user: daemon}}\n") ==
        "c: start (added)\na: stop (removed)\n");
  CHECK(told(service + "}}\n", service + ", enabled: false}}\n") ==
        "a: stop\n  services.a.enabled: not set -> false\n");
  CHECK(told(service + ", enabled: false}}\n", "services: {a: {command: [/bin/b], user: daemon}}\n") ==
        "a: start\n  services.a.command: [/bin/a] -> [/bin/b]\n  services.a.enabled: false -> not set\n");
  const std::string off = "services: {a: {enabled: false, user: daemon, command: ";
  CHECK(told(off + "[/bin/a]}}\n", off + "[/bin/b]}}\n") ==
        "a: live\n  services.a.command: [/bin/a] -> [/bin/b]\n");
}

TEST_CASE("difference: a task on command is started by nobody") {
  CHECK(told(service + "}}\n",
             service + "}, t: {command: [/bin/t], user: daemon, task: {run: on-command}}}\n") ==
        "t: nothing (added)\n");
}

TEST_CASE("difference: one that becomes external is another") {
  CHECK(told(service + ", ready: {exec: [/bin/r]}}}\n",
             "services: {a: {external: \"db:1\", user: daemon, ready: {exec: [/bin/r]}}}\n") ==
        "a: restart\n  services.a.command: [/bin/a] -> not set\n  services.a.external: not set -> db:1\n");
}

TEST_CASE("difference: the order of services alone is no change, nor are needs that mean the same") {
  const std::string a = "  a: {command: [/bin/a], user: daemon}\n";
  const std::string b = "  b: {command: [/bin/b], user: daemon, needs: [a]}\n";
  CHECK(told("services:\n" + a + b, "services:\n" + b + a).empty());
}

TEST_CASE("difference: what the daemon makes at its start waits for the next") {
  CHECK(told(loaded("stack: {name: s, runtime: /run/a}\nstability: {start_at_once: 3}\n"),
             loaded("stack: {name: t, runtime: /run/b}\nstability: {start_at_once: 4}\n")) ==
        "the stack: daemon-restart\n  stack.name: s -> t\n  stack.runtime: /run/a -> /run/b\n"
        "the stack: live\n  stability.start_at_once: 3 -> 4\n");
}

TEST_CASE("difference: a file that changed is a reload, unless it comes to a restart") {
  const auto now = loaded("stack: {name: s}\n" + service + ", reload: {signal: SIGHUP, files: [/etc/a]}}}\n");
  const config::ChangedFiles files = {{"a", {"/etc/a"}}};
  CHECK(told(now, now, files) == "a: reload (/etc/a changed)\n");
  const auto next = loaded("stack: {name: s}\n" + service +
                           " , umask: 0077, reload: {signal: SIGHUP, files: [/etc/a]}}}\n");
  CHECK(told(now, next, files) == "a: restart (/etc/a changed)\n  services.a.umask: not set -> 0077\n");
  const auto without = loaded("stack: {name: s}\n" + service + "}}\n");
  CHECK(told(without, without, files).empty());
}

TEST_CASE("difference: no value that may be secret is told") {
  const auto with = [](const std::string& word) {
    return service + ", environment: {DB_PASSWORD: " + word + "1, API_KEY: " + word +
           "2, URL: \"amqp://u:" + word + "3@host/\", PLAIN: " + word + "}}}\n";
  };
  const std::string text = told(with("old"), with("new"));
  CHECK(text ==
        "a: restart\n  services.a.environment.DB_PASSWORD changed\n  services.a.environment.API_KEY changed\n"
        "  services.a.environment.URL changed\n  services.a.environment.PLAIN: old -> new\n");
  CHECK(told(service + "}}\n", service + ", environment: {A_TOKEN: t0p}}}\n") ==
        "a: restart\n  services.a.environment.A_TOKEN changed\n");
  CHECK(told(service + "}}\n", "services: {a: {command: [/bin/a, \"redis://:pw@host\"], user: daemon}}\n") ==
        "a: restart\n  services.a.command changed\n");
}

TEST_CASE("difference: no value of a header is told, whatever its name") {
  const std::string probe = service + ", ready: {http: \"http://127.0.0.1/\"";
  const auto with = [&](const std::string& word) {
    return probe + ", headers: {Authorization: \"Bearer " + word + "\", X-Vault: " + word + "}}}}\n";
  };
  const std::string keys = "a: live\n  services.a.ready.headers.Authorization changed\n  "
                           "services.a.ready.headers.X-Vault changed\n";
  CHECK(told(with("old"), with("new")) == keys);
  CHECK(told(probe + "}}}\n", with("new")) == keys);
  CHECK(told(with("old"), probe + "}}}\n") == keys);
  // An empty map is written as a value: the other side of the change is told whole, or not at all.
  CHECK(told(probe + ", headers: {}}}}\n", with("new")) == "a: live\n  services.a.ready.headers changed\n");
}

TEST_CASE("difference: keys of presets come with their names") {
  CHECK(
      told("services: {redis: {preset: redis}}\n", "services: {redis: {preset: redis, with: {port: 7000}}}\n")
          .find("  services.redis.with.port: not set -> 7000\n") != std::string::npos);
  CHECK(
      told("services: {redis: {preset: redis}}\n", "services: {redis: {preset: redis, with: {port: 7000}}}\n")
          .find("services.redis.command: [/usr/bin/redis-server, /etc/redis/redis.conf, --port, 6379, ") !=
      std::string::npos);
}

TEST_CASE("difference: volumes and settings of the machine count at once, and nobody is restarted for them") {
  const std::string services = "services: {a: {command: [/bin/a], user: daemon";
  const std::string volumes = "persistence: {volumes: {d: {path: /srv/d}}}\n";
  CHECK(told(volumes + services + ", volumes: [d]}}\n",
             "persistence: {volumes: {d: {path: /srv/d, type: ext4}, e: {path: /srv/e}}}\n" + services +
                 ", volumes: [d]}}\n") == "the stack: live\n  persistence.volumes.d.type: not set -> ext4\n"
                                          "  persistence.volumes.e.path: not set -> /srv/e\n");
  CHECK(told(volumes + services + "}}\n",
             volumes + services + ", volumes: [d], host: {vm.swappiness: 1}}}\n") ==
        "a: live\n  services.a.volumes: not set -> [d]\n  services.a.host.vm.swappiness: not set -> 1\n");
}

TEST_CASE("difference: a start does what is enabled, and a plan carries its mistakes") {
  test::Input input;
  const auto next = input.load("stack: {name: s}\nservices:\n  a: {command: [/bin/a], user: daemon}\n"
                               "  b: {command: [/bin/b], user: daemon, enabled: false}\n");
  const auto changes = config::starts(next);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0] == wire::PlannedChange{.service = "a", .effect = "start"});

  const auto broken = input.load("stack: {nam: s}\n");
  const auto view = config::plan_view(input.options.file, broken, {});
  CHECK_FALSE(view.valid);
  REQUIRE(view.mistakes.size() == broken.diagnostics.size());
  CHECK(view.mistakes[0].shown == config::render(broken.diagnostics[0]));
  CHECK(view.mistakes[0].path == "stack.name");
}

TEST_CASE("difference: a thousand services that change in everything still fit on one line") {
  std::vector<wire::PlannedChange> changes;
  for (int i = 0; i < 1000; ++i)
    changes.push_back({.service = std::string(63, 'a'),
                       .effect = "restart",
                       .why = "",
                       .keys = std::vector<wire::KeyChange>(
                           20, {.key = "services.a.command", .from = std::string(400, 'x'), .to = "y"})});
  test::Input input;
  const auto view = config::plan_view("f.yaml", input.load("stack: {name: s}\n"), std::move(changes));
  CHECK(view.changes.size() == 1000);
  CHECK(view.changes[0].keys.size() == 20);
  CHECK(wire::encode_plan(view).size() < 900'000);
}

TEST_CASE("difference: the canary is told as the service that it is") {
  const auto with = [](const std::string& canary) {
    return "stability: {canary: {url: \"http://127.0.0.1:5000\", secret_file: /etc/x" + canary + "}}\n" +
           service + "}}\n";
  };
  CHECK(told(with(""), with(", every: 1m")) == "canary: live\n  stability.canary.every: not set -> 1m\n");
  CHECK(told(with(""), service + "}}\n") == "canary: stop (removed)\n");
  CHECK(told(service + "}}\n", with("")) == "canary: start (added)\n");
}

TEST_CASE("difference: another question of a probe is live") {
  CHECK(told(service + ", ready: {tcp: 127.0.0.1:80}}}\n", service + ", ready: {tcp: 127.0.0.1:81}}}\n") ==
        "a: live\n  services.a.ready.tcp: 127.0.0.1:80 -> 127.0.0.1:81\n");
}
