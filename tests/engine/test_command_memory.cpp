#include "engine/command_memory.h"
#include "support/catch.h"

#include <memory>

using namespace holdfast;
using namespace holdfast::engine;

namespace {

AcceptedCommand command_of(std::uint64_t id, std::size_t bytes = 4) {
  return {.ticket = {.id = {id}, .asked = std::string(bytes, 'x')},
          .awaited = {{.verb = model::Verb::restart, .services = {{0}, {2}}, .by = "root"}}};
}

model::StackSpec three_services() {
  model::StackSpec spec;
  for (const char* name : {"redis", "worker", "web"}) {
    model::ServiceSpec service;
    service.name = name;
    spec.services.push_back(std::move(service));
  }
  return spec;
}

} // namespace

TEST_CASE("command memory - what was carried out is known by its id, and what has none is not kept") {
  CommandMemory memory;
  memory.add(command_of(0));
  CHECK_FALSE(memory.find({0}));
  memory.add(command_of(7));
  CHECK_FALSE(memory.find({8}));
  const auto found = memory.find({7});
  REQUIRE(found);
  CHECK(found->ticket == CommandTicket{.id = {7}, .asked = "xxxx"});
  REQUIRE(found->awaited.size() == 1);
  CHECK(found->awaited[0].services == std::vector<ServiceId>{{0}, {2}});
}

TEST_CASE("command memory - the oldest go first, by number and by size") {
  CommandMemory memory;
  for (std::uint64_t id = 1; id <= CommandMemory::most_commands + 1; ++id)
    memory.add(command_of(id));
  CHECK_FALSE(memory.find({1}));
  CHECK(memory.find({2}));
  memory.add(command_of(1000, CommandMemory::most_bytes - 1000));
  CHECK(memory.find({1000}));
  CHECK_FALSE(memory.find({2}));
  CHECK(memory.find({CommandMemory::most_commands + 1}));
  memory.add(command_of(1001, 2 * CommandMemory::most_bytes));
  CHECK_FALSE(memory.find({1000}));
  CHECK(memory.find({1001}));
  memory.add(command_of(1002));
  CHECK_FALSE(memory.find({1001}));
  CHECK(memory.find({1002}));
}

TEST_CASE("command memory - another engine knows the same") {
  CommandMemory memory;
  for (std::uint64_t id = 1; id <= 20; ++id)
    memory.add(command_of(id));
  memory.add({.ticket = {.id = {18446744073709551615U}, .asked = "door"}, .awaited = {}});
  CommandMemory next;
  next.add(command_of(99));
  REQUIRE(next.restore(memory.save(), three_services()));
  CHECK_FALSE(next.find({99}));
  CHECK(next.save() == memory.save());
  CHECK(next.find({18446744073709551615U})->ticket.asked == "door");
  CHECK(next.find({20})->awaited[0].by == "root");
  REQUIRE(next.restore(CommandMemory().save(), three_services()));
  CHECK_FALSE(next.find({20}));
}

TEST_CASE("command memory - what is damaged is refused and changes nothing") {
  CommandMemory memory;
  memory.add(command_of(7));
  const std::string bytes = memory.save();
  CommandMemory next;
  next.add(command_of(99));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(next.restore(bytes.substr(0, size), three_services()).ok());
  CHECK_FALSE(next.restore(bytes + '\0', three_services()).ok());
  model::StackSpec fewer = three_services();
  fewer.services.resize(2);
  const auto refused = next.restore(bytes, fewer);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().what ==
        "the commands that were carried out last: a service that is not in the configuration");
  CHECK(next.find({99}));
  CHECK_FALSE(next.find({7}));
}

TEST_CASE("command memory - of a reload only what is still wanted is waited for") {
  model::Stack stack(std::make_shared<const model::StackSpec>(three_services()), Now{});
  model::Actions actions;
  model::step(stack, model::CommandAsked{.verb = model::Verb::start, .services = {{1}}, .by = {}}, {},
              actions);
  const auto left = still_wanted(stack, {{.verb = model::Verb::stop, .services = {{2}}, .by = {}},
                                         {.verb = model::Verb::start, .services = {{0}, {1}}, .by = {}}});
  REQUIRE(left.size() == 2);
  CHECK(left[0].services == std::vector<ServiceId>{{2}});
  CHECK(left[1].services == std::vector<ServiceId>{{1}});
  // A start of nobody would be that of all.
  CHECK(still_wanted(stack, {{.verb = model::Verb::start, .services = {{0}}, .by = {}}}).empty());
}
