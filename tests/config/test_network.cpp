// Probes that the observer asks, and the canary: what becomes of their keys.

#include "input.h"
#include "support/catch.h"

#include <filesystem>
#include <pwd.h>
#include <sys/stat.h>

using namespace holdfast;
using namespace std::chrono_literals;
using model::Protocol;

namespace {

/// The ready probe of a stack's one service.
model::Probe ready(const std::string& keys, const std::string& site = {}) {
  test::Input input;
  const auto loaded =
      input.load("stack: {name: s" + (site.empty() ? "" : ", site: \"" + site + "\"") +
                 "}\nservices:\n  a: {command: [/bin/true], user: daemon, ready: {" + keys + "}}\n");
  for (const auto& d : loaded.diagnostics)
    UNSCOPED_INFO(config::render(d));
  REQUIRE(loaded.stack);
  return loaded.stack->services.at(0).ready;
}

using Headers = std::map<std::string, std::string>;

std::string with_canary(const std::string& keys, const std::string& services) {
  return "stack: {name: s, site: \"https://repository.example.org\"}\nstability: {canary: {secret_file: "
         "/etc/token" +
         keys + "}}\nservices:\n" + services;
}

} // namespace

TEST_CASE("network probes: each kind with what belongs to it") {
  const auto postgresql =
      ready("postgresql: \"unix:/run/postgresql/.s.PGSQL.5432\", user: rdm, secret_file: /etc/p, "
            "database: rdm, query: select 1, every: 2s");
  CHECK(postgresql.kind == model::ProbeKind::observed);
  CHECK(postgresql.every == 2s);
  model::NetworkProbe expected;
  expected.protocol = Protocol::postgresql;
  expected.target = "unix:/run/postgresql/.s.PGSQL.5432";
  expected.user = expected.database = "rdm";
  expected.secret_file = "/etc/p";
  expected.query = "select 1";
  CHECK(postgresql.network == expected);

  CHECK(ready("tcp: 127.0.0.1:80").network.protocol == Protocol::tcp);
  CHECK(ready("uwsgi: 127.0.0.1:9191").network.protocol == Protocol::uwsgi);
  CHECK(ready("opensearch: \"http://127.0.0.1:9200\"").network.protocol == Protocol::opensearch);
  const auto redis = ready("redis: 127.0.0.1:6379, secret_file: /etc/r, write: true").network;
  CHECK(redis.protocol == Protocol::redis);
  CHECK(redis.write);
  CHECK(redis.user.empty());
  const auto amqp = ready("amqp: 127.0.0.1:5672, management: \"http://127.0.0.1:15672\"").network;
  CHECK(amqp.protocol == Protocol::amqp);
  CHECK(amqp.vhost == "/");
  CHECK(amqp.management == "http://127.0.0.1:15672");
  const auto celery = ready(
      "celery: \"https://127.0.0.1:15671\", vhost: rdm, queues: [celery, low], tls: {name: mq, ca: /etc/ca}");
  CHECK(celery.network.protocol == Protocol::celery);
  CHECK(celery.network.vhost == "rdm");
  CHECK(celery.network.queues == std::vector<std::string>{"celery", "low"});
  CHECK(celery.network.tls_name == "mq");
  CHECK(celery.network.tls_ca == "/etc/ca");
}

TEST_CASE("network probes: one over HTTP comes as a visitor of the site would") {
  const std::string site = "https://repository.example.org:8443";
  const auto asked = ready("http: \"http://127.0.0.1:5000/ping\", status: 204, body: \"^OK\"", site).network;
  CHECK(asked.target == "http://127.0.0.1:5000/ping");
  CHECK(asked.status == 204);
  CHECK(asked.body == "^OK");
  CHECK(asked.host == "repository.example.org:8443");
  CHECK(asked.headers == Headers{{"X-Forwarded-Proto", "https"}});
  CHECK(asked.tls_name.empty());
  CHECK(ready("http: \"https://127.0.0.1/\"", site).network.tls_name == "repository.example.org");
  // As a browser does, which leaves out the scheme's own port.
  CHECK(ready("http: \"http://127.0.0.1/\"", "https://repository.example.org:443").network.host ==
        "repository.example.org");
}

TEST_CASE("network probes: what is said over HTTP wins over the site") {
  const std::string site = "https://repository.example.org";
  const auto asked =
      ready("http: \"https://127.0.0.1/\", host: other, headers: {x-forwarded-proto: http, A: 1}", site)
          .network;
  CHECK(asked.host == "other");
  CHECK(asked.headers == Headers{{"A", "1"}, {"x-forwarded-proto", "http"}});
  CHECK(asked.tls_name.empty());
}

TEST_CASE("network probes: without a site an address speaks for itself") {
  const auto plain = ready("http: \"http://127.0.0.1:5000/\"").network;
  CHECK(plain.host.empty());
  CHECK(plain.headers.empty());
  const auto secure = ready("http: \"https://127.0.0.1/\"").network;
  CHECK(secure.host.empty());
  CHECK(secure.headers == Headers{{"X-Forwarded-Proto", "https"}});
  CHECK(ready("tcp: 127.0.0.1:80", "https://repository.example.org").network.headers.empty());
}

TEST_CASE("network probes: a service's own kind takes a preset's place with what belonged to that") {
  test::Input input;
  input.write("presets/web.yaml",
              "about: x\nservice:\n  command: [/bin/true]\n  user: daemon\n"
              "  ready: {http: \"http://127.0.0.1/\", status: 204, every: 9s, failures: 7}\n");
  const auto load = [&](const std::string& ready) {
    return input.load("stack: {name: s}\nservices:\n  a: {preset: web, ready: {" + ready + "}}\n");
  };
  const auto other = load("tcp: 127.0.0.1:80, every: 2s");
  REQUIRE(other.stack);
  CHECK(other.stack->services[0].ready.network.protocol == Protocol::tcp);
  CHECK(other.stack->services[0].ready.every == 2s);
  CHECK(other.stack->services[0].ready.failures == 7);
  const auto same = load("http: \"http://127.0.0.1/ping\"");
  REQUIRE(same.stack);
  CHECK(same.stack->services[0].ready.network.status == 204);
}

TEST_CASE("network probes: an external service needs neither a user nor a program for them") {
  test::Input input;
  CHECK(input
            .load("stack: {name: s}\nservices: {a: {external: \"db.example.org:5432\", "
                  "ready: {postgresql: db.example.org:5432}}}\n")
            .stack);
}

TEST_CASE("network probes: a secret is there, and only for those who may know it") {
  test::Input input;
  input.options.look_at_machine = true;
  const std::string file = input.path() + "/secret";
  const std::string text =
      "stack: {name: s}\nstability: {canary: {url: \"http://127.0.0.1\", secret_file: " + file +
      "}}\nservices:\n  a: {command: [/bin/true], user: root, ready: {redis: 127.0.0.1:6379, "
      "secret_file: " +
      file + "}}\n";
  // Whether the machine has the observer's user is another matter.
  input.options.root = false;
  const auto missing = input.load(text);
  CHECK(missing.diagnostics.size() == 2);
  CHECK(test::told(missing, "secret_file " + file + ": No such file or directory"));
  input.write("secret", "word\n");
  CHECK(test::told(input.load(text),
                   "secret_file " + file + ": more may read or write it than should (chmod 0640 or 0600)"));
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  CHECK(input.load(text).stack);
  const auto refused_as = [&](const std::string& content, const std::string& why) {
    input.write("secret", content);
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    return input.load(text).diagnostics.size() == 2 &&
           test::told(input.load(text), "secret_file " + file + ": " + why);
  };
  CHECK(refused_as("", "empty"));
  CHECK(refused_as("two\nlines\n", "not one line of text"));
  CHECK(refused_as(std::string(5000, 'x'), "larger than 4096 bytes"));
  // The engine does not follow one either.
  std::filesystem::rename(file, file + ".moved");
  std::filesystem::create_symlink(file + ".moved", file);
  CHECK(refused_as("word\n", "a symbolic link"));
}

TEST_CASE("network probes: a machine without the observer's user is told of once") {
  test::Input input;
  input.options.look_at_machine = true;
  input.options.observers_user = "nobody-of-that-name";
  const std::string lacks =
      "there is no user \"nobody-of-that-name\", as whom the observer asks network peers";
  const std::string head = "stack: {name: s}\nservices:\n  a: {command: [/bin/true], user: root, ready: ";
  const std::string asks = head + "{tcp: 127.0.0.1:80}, live: {tcp: 127.0.0.1:80, then: alert}}\n";
  const auto loaded = input.load(asks);
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].message == lacks);
  CHECK(loaded.diagnostics[0].path == "services.a.ready");
  CHECK(input.load(head + "{running: 1s}}\n").stack);
  input.options.root = false;
  CHECK(input.load(asks).stack);
}

TEST_CASE("canary: a machine without the observer's user is told of at the canary, where no probe is") {
  test::Input input;
  input.options.look_at_machine = true;
  input.options.observers_user = "nobody-of-that-name";
  input.write("token", "word\n");
  const std::string token = input.path() + "/token";
  REQUIRE(::chmod(token.c_str(), 0600) == 0);
  const std::string text =
      "stack: {name: s}\nstability: {canary: {url: \"http://127.0.0.1\", secret_file: " + token +
      "}}\nservices: {a: {command: [/bin/true], user: root}}\n";
  const auto loaded = input.load(text);
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].path == "stability.canary");
  input.options.observers_user = "root";
  CHECK(input.load(text).stack);
}

TEST_CASE("canary: a service that needs all others, and counts anew after a restart of any") {
  test::Input input;
  const auto loaded =
      input.load(with_canary("", "  db: {command: [/bin/true], user: daemon}\n"
                                 "  worker: {command: [/bin/true], user: daemon, critical: false}\n"
                                 "  setup: {command: [/bin/true], user: daemon, task: {run: once}}\n"
                                 "  off: {command: [/bin/true], user: daemon, enabled: false}\n"
                                 "  dns: {external: \"dns.example.org:53\", ready: {tcp: "
                                 "dns.example.org:53}}\n"));
  REQUIRE(loaded.stack);
  const model::ServiceSpec& canary = loaded.stack->services.at(5);
  CHECK(canary.name == "canary");
  CHECK(canary.external == "repository.example.org:443");
  CHECK_FALSE(canary.critical);
  CHECK(canary.needs == std::vector<model::Need>{{.on = {0}, .restart = true, .soft = false},
                                                 {.on = {1}, .restart = true, .soft = true},
                                                 {.on = {4}, .restart = false, .soft = false}});
  CHECK(canary.ready.kind == model::ProbeKind::observed);
  CHECK(canary.ready.every == 5min);
  CHECK(canary.ready.timeout == 60s);
  CHECK(canary.ready.failures == 2);
  CHECK(canary.start_within == 3min);
  const model::NetworkProbe& probe = canary.ready.network;
  CHECK(probe.protocol == Protocol::canary);
  CHECK(probe.target == "https://repository.example.org");
  CHECK(probe.host == "repository.example.org");
  CHECK(probe.secret_file == "/etc/token");
  CHECK(probe.headers == Headers{{"X-Forwarded-Proto", "https"}});
}

TEST_CASE("canary: a critical one goes in behind the door") {
  test::Input input;
  const auto loaded = input.load(
      with_canary(", critical: true, url: \"https://127.0.0.1:8444\", every: 1m, timeout: 20s, failures: 1, "
                  "host: other, tls: {ca: /etc/ca}",
                  "  db: {command: [/bin/true], user: daemon}\n"));
  REQUIRE(loaded.stack);
  const model::ServiceSpec& canary = loaded.stack->services.at(1);
  CHECK(canary.critical);
  CHECK(canary.external == "127.0.0.1:8444");
  CHECK(canary.ready.every == 1min);
  CHECK(canary.ready.timeout == 20s);
  CHECK(canary.ready.failures == 1);
  CHECK(canary.ready.network.host == "other");
  CHECK(canary.ready.network.tls_ca == "/etc/ca");
  CHECK(canary.start_within == 1min);
}
