// Real servers whose engine dies. Hidden: they take a minute to make; see README.md.

#include "chaos/engine_watch.h"
#include "chaos/process_facts.h"
#include "chaos/settings.h"
#include "stack/nothing_left.h"
#include "stack/servers.h"
#include "support/binaries.h"
#include "support/catch.h"

#include <csignal>
#include <map>

using namespace holdfast::test;

namespace {

/// By service: its main process and when that started.
std::map<std::string, std::pair<pid_t, std::uint64_t>> main_processes(const RunningStack& stack) {
  std::map<std::string, std::pair<pid_t, std::uint64_t>> found;
  const auto status = stack.status();
  for (const auto& service : status.at("services")) {
    const pid_t pid = service.at("pid").is_null() ? 0 : service.at("pid").get<pid_t>();
    found[service.at("name")] = {pid, start_time(pid)};
  }
  return found;
}

} // namespace

TEST_CASE("real servers do not notice that their engine dies", "[.servers]") {
  const Servers servers;
  RunningStack stack(servers.directory(), {HOLDFAST_CHAOS_ANCHOR, "--engine", binaries() + "/holdfast-engine",
                                           "--config", servers.directory() / "holdfast.yaml"});
  stack.events().wait_for("", "working", 300s);
  const EngineWatch watch(stack.pid(), cgroups_of(servers.directory().name()).front());
  const auto before = main_processes(stack);
  REQUIRE(servers.psql("create table kills (number integer primary key)").failure() == "");

  const std::uint64_t kills = setting("HOLDFAST_CHAOS_KILLS", 100);
  for (std::uint64_t number = 1; number <= kills; ++number) {
    INFO("kill " << number);
    const std::uint32_t engine = watch.wait_adopted();
    REQUIRE(watch.send(SIGKILL));
    CHECK(servers.psql("insert into kills values (" + std::to_string(number) + ")").failure() == "");
    watch.wait_adopted(engine + 1);
    REQUIRE(main_processes(stack) == before);
  }
  CHECK(servers.psql("select count(*) from kills").output.find(std::to_string(kills)) == 0);
  CHECK(comes_true(60s, [&] { return stack.status().at("stack").at("verdict") == "working"; }));
  CHECK(stack.stop(300s) == 0);
  CHECK(left_of(servers.directory(), servers.ports()) == "");
}
