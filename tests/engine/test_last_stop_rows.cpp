#include "engine/last_stop_rows.h"

#include "support/catch.h"

#include <csignal>
#include <memory>

using namespace holdfast;
using namespace holdfast::engine;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const model::StackSpec> two_services() {
  auto spec = std::make_shared<model::StackSpec>();
  spec->services.resize(2);
  spec->services[0].name = "a";
  spec->services[0].stop = {{.signal = 0, .to_all = false, .exec = {"/bin/true"}, .wait = 2s},
                            {.signal = SIGINT, .to_all = false, .exec = {}, .wait = 3s}};
  spec->services[1].name = "b";
  spec->services[1].needs = {{.on = {0}, .restart = false, .soft = false}};
  spec->services[1].stop = {{.signal = 0, .to_all = false, .exec = {"/bin/true"}, .wait = 10000h}};
  return spec;
}

} // namespace

TEST_CASE("last stop rows: a row says how to stop its service without an engine") {
  const auto table = std::make_unique<wire::LastStopTable>();
  const model::Stack stack(two_services(), Now{});
  LastStopRows rows(*table);
  rows.set_stack("/stack", "/observer", "/run/door/open");
  CHECK(std::string(table->observer.data()) == "/observer");
  CHECK(std::string(table->stack.data()) == "/stack");
  CHECK(std::string(table->door.data()) == "/run/door/open");
  CHECK_FALSE(LastStopRows::place_in(*table));
  rows.set_place({.base = {}, .home = "/home", .is_base_ours = true});
  rows.set_stack("/base/stack", "/observer", "/run/door/open");
  const auto place = LastStopRows::place_in(*table);
  REQUIRE(place);
  CHECK(place->base == "/base");
  CHECK(place->home == "/home");
  CHECK(place->is_base_ours);
  auto* const pid = rows.prepare(stack, {0}, "/stack/a/1");
  CHECK(rows.last_run({0}).value == 1);
  CHECK(rows.last_run({1}).value == 0);
  const wire::LastStopRow& a = table->rows[0];
  CHECK(pid == &a.pid);
  CHECK(a.in_use == 1);
  CHECK(a.pid == 0);
  CHECK(a.signal == SIGINT);
  CHECK(a.wait_ms == 5000);
  CHECK(std::string(a.leaf.data()) == "/stack/a/1");
  static_cast<void>(rows.prepare(stack, {1}, "/stack/b/1"));
  const wire::LastStopRow& b = table->rows[1];
  CHECK(b.rank > a.rank);
  CHECK(b.signal == SIGTERM);
  CHECK(b.wait_ms == UINT32_MAX);
}

TEST_CASE("last stop rows: what a row says is said of its run alone") {
  const auto table = std::make_unique<wire::LastStopTable>();
  const model::Stack stack(two_services(), Now{});
  LastStopRows rows(*table);
  CHECK_FALSE(rows.find({0}, ""));
  auto* const pid = rows.prepare(stack, {0}, "/stack/a/1");
  auto found = rows.find({0}, "/stack/a/1");
  REQUIRE(found);
  CHECK(found->pid == pid);
  CHECK(found->rungs_done == 0);
  CHECK_FALSE(found->was_ready);
  rows.note_ready({0});
  rows.note_rung({0}, 1);
  found = rows.find({0}, "/stack/a/1");
  REQUIRE(found);
  CHECK(found->rungs_done == 2);
  CHECK(found->was_ready);
  CHECK_FALSE(rows.find({0}, "/stack/a/2"));
  CHECK_FALSE(rows.find({1}, "/stack/a/1"));
  rows.clear({0});
  CHECK_FALSE(rows.find({0}, "/stack/a/1"));
  static_cast<void>(rows.prepare(stack, {0}, "/stack/a/2"));
  found = rows.find({0}, "/stack/a/2");
  REQUIRE(found);
  CHECK(found->rungs_done == 0);
  CHECK_FALSE(found->was_ready);
}

TEST_CASE(
    "last stop rows: the pid goes first, the leaf when the run is over, and a new run begins without one") {
  const auto table = std::make_unique<wire::LastStopTable>();
  const model::Stack stack(two_services(), Now{});
  LastStopRows rows(*table);
  rows.prepare(stack, {0}, "/stack/a/1")->store(4711);
  rows.forget_pid({0});
  CHECK(table->rows[0].pid == 0);
  CHECK(table->rows[0].in_use == 1);
  rows.clear({0});
  CHECK(table->rows[0].in_use == 0);
  table->rows[0].pid = 4712;
  static_cast<void>(rows.prepare(stack, {0}, "/stack/a/2"));
  CHECK(table->rows[0].pid == 0);
  CHECK(std::string(table->rows[0].leaf.data()) == "/stack/a/2");
}
