#include "model/merge.h"
#include "stack_of.h"
#include "support/catch.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

TEST_CASE("merge: who was there keeps the place, who is new comes behind") {
  const StackSpec now = stack_of("db; web: db");
  const StackSpec all = merged(now, stack_of("cache; db2; web: cache db2"));
  REQUIRE(all.services.size() == 4);
  CHECK(all.services[0].name == "db");
  CHECK(all.services[0].removed);
  CHECK_FALSE(all.services[0].enabled);
  CHECK(all.services[1].name == "web");
  CHECK(all.services[2].name == "cache");
  CHECK(all.services[3].name == "db2");
  CHECK(all.services[1].needs == std::vector<Need>{{.on = {2}}, {.on = {3}}});
}

TEST_CASE("merge: what was removed and is there again has its old place") {
  const StackSpec first = stack_of("db; web: db");
  const StackSpec without = merged(first, stack_of("db"));
  REQUIRE(without.services[1].removed);
  CHECK(without.services[1].needs == first.services[1].needs);
  const StackSpec again = merged(without, stack_of("web; db"));
  REQUIRE(again.services.size() == 2);
  CHECK(again.services[1].name == "web");
  CHECK_FALSE(again.services[1].removed);
  CHECK(again.services[1].needs.empty());
}

TEST_CASE("merge: the same again changes nothing") {
  const StackSpec spec = stack_of("db; web: db");
  CHECK(merged(spec, spec) == spec);
}

TEST_CASE("merge: another kind of thing under the same name is another service") {
  StackSpec next = stack_of("db; web: db");
  in(next, "db").external = "db.example.org:5432";
  const StackSpec all = merged(stack_of("db; web: db"), next);
  REQUIRE(all.services.size() == 3);
  CHECK(all.services[0].removed);
  CHECK(all.services[2].external == "db.example.org:5432");
  CHECK(all.services[1].needs[0].on == ServiceId{2});
}

TEST_CASE("merge: conditions keep their places too") {
  StackSpec now = stack_of("db");
  now.conditions = {{ConditionKind::volume, "old"}, {ConditionKind::host, "x"}};
  StackSpec next = stack_of("db");
  next.conditions = {{ConditionKind::volume, "new"}, {ConditionKind::host, "x"}};
  next.services[0].conditions = {{0}, {1}};
  const StackSpec all = merged(now, next);
  REQUIRE(all.conditions.size() == 3);
  CHECK(all.conditions[2].name == "new");
  CHECK(all.services[0].conditions == std::vector<ConditionId>{{2}, {1}});
}

TEST_CASE("merge: what a running daemon cannot change stays") {
  StackSpec now = stack_of("db");
  now.runtime = "/run/a";
  StackSpec next = stack_of("db");
  next.name = "other";
  next.runtime = "/run/b";
  next.state = "/b";
  next.log_directory = "/c";
  next.start_at_once = 7;
  const StackSpec all = merged(now, next);
  CHECK(all.name == now.name);
  CHECK(all.runtime == "/run/a");
  CHECK(all.state == now.state);
  CHECK(all.log_directory == now.log_directory);
  CHECK(all.start_at_once == 7);
}

TEST_CASE("merge: the kind of a change") {
  const ServiceSpec now = stack_of("db").services[0];
  ServiceSpec next = now;
  CHECK(change_between(now, next) == ChangeKind::none);
  SECTION("live") {
    next.restart.budget = 3;
    CHECK(change_between(now, next) == ChangeKind::live);
  }
  SECTION("how it is started") {
    next.program.umask = 0077;
    CHECK(change_between(now, next) == ChangeKind::restart);
  }
  SECTION("whether it gets a notify socket") {
    next.ready = notify();
    CHECK(change_between(now, next) == ChangeKind::restart);
  }
  SECTION("where it is") {
    next.external = "a:1";
    CHECK(change_between(now, next) == ChangeKind::replace);
  }
}
