#include "base/file.h"
#include "control/publisher.h"
#include "fake_port.h"
#include "support/catch.h"
#include "support/scratch.h"
#include "wire/status_view.h"

#include <filesystem>

using namespace holdfast;
using namespace holdfast::test;

namespace {

model::StackSpec one_service() {
  model::StackSpec spec;
  spec.name = "repository";
  spec.services.resize(1);
  spec.services[0].name = "redis";
  return spec;
}

std::string verdict_in(const std::string& file) {
  const auto view = wire::decode_status(read_file(file, 1U << 20).value());
  REQUIRE(view.ok());
  return view.value().stack.verdict;
}

} // namespace

TEST_CASE("publisher: events at once, the status a moment later, all of it at the end") {
  const Scratch scratch;
  boost::asio::io_context loop(1);
  FakePort port(one_service());
  std::vector<std::string> troubles;
  auto publisher =
      control::Publisher::open(loop, {.runtime = scratch.path(), .state = scratch.path(), .version = "1"},
                               port, [&](const std::string& line) { troubles.push_back(line); });
  REQUIRE(publisher.ok());
  CHECK(std::filesystem::is_socket(scratch / "control.sock"));
  port.feed(model::StackStarted{});
  CHECK(read_file(scratch / "events.jsonl", 1U << 20).value().find("\"to\":\"starting\"") !=
        std::string::npos);
  CHECK_FALSE(std::filesystem::exists(scratch / "status.json"));
  // The timer of the status is the only one that is due here.
  while (!std::filesystem::exists(scratch / "status.json"))
    REQUIRE(loop.run_one_for(std::chrono::seconds(10)) == 1);
  CHECK(verdict_in(scratch / "status.json") == "starting");
  port.feed(model::ShutdownAsked{"SIGTERM"});
  publisher.value()->close();
  CHECK(verdict_in(scratch / "status.json") == "stopping");
  CHECK_FALSE(std::filesystem::exists(scratch / "control.sock"));
  CHECK(troubles.empty());
}

TEST_CASE("publisher: a place that cannot be written is told once") {
  const Scratch scratch;
  boost::asio::io_context loop(1);
  FakePort port(one_service());
  std::vector<std::string> troubles;
  auto publisher = control::Publisher::open(
      loop, {.runtime = scratch.path(), .state = scratch / "missing", .version = "1"}, port,
      [&](const std::string& line) { troubles.push_back(line); });
  REQUIRE(publisher.ok());
  for (int i = 0; i < 3; ++i) {
    port.add_event("redis", "");
    port.tell_change();
  }
  REQUIRE(troubles.size() == 1);
  CHECK(troubles[0].find("missing") != std::string::npos);
}
