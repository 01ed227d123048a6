// What is peculiar to PostgreSQL: how it must be stopped, and when it must be left alone.

#include "stack/nothing_left.h"
#include "stack/servers.h"
#include "support/catch.h"

#include <csignal>
#include <filesystem>

using namespace holdfast::test;
namespace fs = std::filesystem;

namespace {

// The process that replays the log, stopped in the middle of it; 0 when recovery ended before it was seen.
pid_t freeze_recovery(const std::string& stack, Milliseconds within) {
  pid_t frozen = 0;
  const auto freeze = [&] {
    for (const auto& process : processes_of(stack, "postgresql"))
      if (process.command.find("postgres: startup recovering") == 0) frozen = process.pid;
    return frozen != 0 && ::kill(frozen, SIGSTOP) == 0;
  };
  return comes_true(within, freeze) ? frozen : 0;
}

std::string tree_of(const fs::path& directory) {
  std::string tree;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const auto when = fs::last_write_time(entry).time_since_epoch().count();
    tree += entry.path().string() + " " + std::to_string(when) + "\n";
  }
  return tree + std::to_string(fs::last_write_time(directory).time_since_epoch().count());
}

} // namespace

TEST_CASE("PostgreSQL is stopped by SIGINT: clients that stay connected do not keep it up", "[postgresql]") {
  const Servers servers;
  servers.only_postgresql();
  RunningStack stack(servers.directory());
  stack.events().wait_for("", "working");

  const auto output = open_output(servers.directory() / "client.out");
  Child client(servers.psql_words("select pg_sleep(3600)"), output.get());
  const auto connected = "select count(*) = 1 from pg_stat_activity where query = 'select pg_sleep(3600)'";
  CHECK(comes_true(20s, [&] { return servers.psql(connected).output == "t\n"; }));

  CHECK(stack.stop() == 0);
  CHECK(client.wait(10s).value_or(0) != 0);
  const std::string log = contents(servers.directory() / "log/postgresql.log");
  CHECK(log.find("received fast shutdown request") != std::string::npos);
  CHECK(log.find("database system is shut down") != std::string::npos);
  CHECK(left_of(servers.directory(), servers.ports()) == "");
}

TEST_CASE("a data directory without PG_VERSION is refused and left untouched", "[postgresql]") {
  const Servers servers;
  servers.only_postgresql();
  const fs::path data = servers.directory() / "postgresql/data";
  fs::remove(data / "PG_VERSION");
  const std::string before = tree_of(data);

  RunningStack stack(servers.directory());
  stack.events().wait_for("postgresql", "waiting");
  const auto said = [&] { return stack.service("postgresql").at("why").get<std::string>(); };
  CHECK(comes_true(20s, [&] { return said().find("PG_VERSION") != std::string::npos; }));
  CHECK(stack.service("postgresql").at("phase") == "waiting");
  CHECK(stack.service("postgresql").at("pid").is_null());
  CHECK(stack.command({"start"}).code == 1); // says what it waits for instead of waiting for ever
  CHECK(processes_of(servers.directory().name(), "postgresql").empty());
  CHECK(tree_of(data) == before);

  servers.directory().write("postgresql/data/PG_VERSION", "15\n"); // the operator puts right what was wrong
  REQUIRE(run_program({"chown", "postgres:", (data / "PG_VERSION").string()}).failure() == "");
  stack.events().wait_for("postgresql", "ready", 90s);
  CHECK(stack.stop() == 0);
}

TEST_CASE("an empty data directory is not filled", "[postgresql]") {
  const Servers servers;
  servers.only_postgresql();
  const fs::path data = servers.directory() / "postgresql/data";
  fs::remove_all(data);
  fs::create_directory(data);
  RunningStack stack(servers.directory());
  stack.events().wait_for("postgresql", "waiting");
  CHECK(stack.command({"start"}).code == 1);
  CHECK(stack.service("postgresql").at("why").get<std::string>().find("PG_VERSION") != std::string::npos);
  CHECK(stack.stop() == 0);
  CHECK(fs::is_empty(data));
}

TEST_CASE("a crash recovery that takes longer than start_within is not killed", "[postgresql]") {
  const Servers servers;
  servers.only_postgresql("start_within: 4s\nprogress: {every: 1s}");
  servers.set_postgresql("checkpoint_timeout = 1d");
  servers.set_postgresql("max_wal_size = 8GB");
  RunningStack stack(servers.directory());
  stack.events().wait_for("postgresql", "ready");
  REQUIRE(servers.psql("create table crash as select n, repeat('x', 200) from generate_series(1, 1000000) n")
              .failure() == "");

  stack.kill_service("postgresql");
  const pid_t recovering = freeze_recovery(servers.directory().name(), 30s);
  REQUIRE(recovering != 0);
  const auto starting = stack.events().wait_for("postgresql", "starting");
  const auto meanwhile = stack.events().during("postgresql", 12s); // three times start_within
  CHECK(meanwhile.empty());
  CHECK(stack.service("postgresql").at("phase") == "starting");
  CHECK(stack.service("postgresql").at("run") == starting.run);

  ::kill(recovering, SIGCONT);
  CHECK(stack.events().wait_for("postgresql", "ready", 60s).run == starting.run);
  CHECK(servers.psql("select count(*) = 1000000 from crash").output == "t\n");
  CHECK(stack.stop() == 0);
  CHECK(left_of(servers.directory(), servers.ports()) == "");
}
