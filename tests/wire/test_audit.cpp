#include "support/catch.h"
#include "wire/audit.h"

#include <algorithm>

using namespace holdfast;
using namespace holdfast::wire;
using namespace std::chrono_literals;

TEST_CASE("audit line: who and what and when and what came of it") {
  CHECK(encode({.stage = AuditStage::asked, .by = "root", .pid = 4711, .id = 0xbeef, .command = "stop"}) ==
        R"(asked by="root" pid=4711 id=000000000000beef command="stop")");
  CHECK(encode({.stage = AuditStage::failed,
                .by = "user 1000",
                .command = "restart redis",
                .text = "redis: \"no\"",
                .took = 1250ms}) ==
        R"(failed by="user 1000" command="restart redis" took=1.250s text="redis: \"no\"")");
}

TEST_CASE("audit line: whatever the words hold it is one line that a pipe takes whole") {
  std::string hostile;
  for (int i = 0; i < 10'000; ++i)
    hostile += static_cast<char>(i % 256);
  for (const std::string& words : {hostile, std::string(10'000, '\x01'), std::string(10'000, '\xff')}) {
    const std::string line =
        encode({.stage = AuditStage::done, .by = "root", .command = words, .text = words, .took = 1h});
    CHECK(line.size() < longest_audit_line);
    CHECK(std::all_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) >= ' '; }));
  }
}

TEST_CASE("audit line: commands are called as on the command line") {
  CHECK(words(ControlRequest{.verb = ControlVerb::restart, .services = {"redis", "api"}}) ==
        "restart redis api");
  CHECK(words(ControlRequest{.verb = ControlVerb::start}) == "start");
  CHECK(words(ControlRequest{.verb = ControlVerb::task, .services = {"setup"}}) == "task run setup");
  CHECK(words(ControlRequest{.verb = ControlVerb::door, .open = true}) == "door open");
  CHECK(words(ControlRequest{.verb = ControlVerb::door}) == "door close");
  CHECK(words(ControlRequest{.verb = ControlVerb::adopt, .volume = "data"}) == "volume adopt data");
  CHECK(words(ControlRequest{.verb = ControlVerb::upgrade}) == "upgrade");
}
