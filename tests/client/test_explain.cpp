#include "command.h"
#include "fake_daemon.h"

using namespace holdfast;
using namespace holdfast::test;
using wire::ControlVerb;

namespace {

const std::vector<wire::ExplainLine> chain = {{"repository is broken", "2026-11-24T06:53:30Z", 0},
                                              {"worker waits for rabbitmq", {}, 1},
                                              {"rabbitmq failed: \x1b[31mred", {}, 2}};
const std::string told = "repository is broken (since 2026-11-24T06:53:30Z)\n"
                         "  worker waits for rabbitmq\n"
                         "    rabbitmq failed: \\x1b[31mred\n";

wire::StatusView left_behind() {
  return {.time = "2026-11-24T07:00:00Z",
          .stack = {.name = "repository", .verdict = "failed"},
          .services = {{.name = "redis", .phase = "down", .since = "2026-11-24T06:59:59Z", .why = "stopped"},
                       {.name = "worker",
                        .phase = "failed",
                        .explanation = {{"worker waits for rabbitmq", {}, 0}}}},
          .explanation = chain};
}

} // namespace

TEST_CASE("explain shows the chain of causes, deeper ones further in") {
  Command command;
  FakeDaemon daemon(command.socket(), {wire::Explanation{chain}, wire::Finished{}});
  const Ran ran = command.run({"explain"});
  CHECK(ran.code == 0);
  CHECK(ran.out == told);
  CHECK(command.run({"explain", "--json"}).out == wire::encode_explanation(chain, false) + "\n");
  static_cast<void>(command.run({"explain", "redis"}));
  CHECK(daemon.requests().back() ==
        wire::ControlRequest{.verb = ControlVerb::explain, .services = {"redis"}});
}

TEST_CASE("explain without a daemon shows what the last one left, and says so") {
  Command command;
  command.put("status.json", wire::encode_status(left_behind()));
  const Ran ran = command.run({"explain"});
  CHECK(ran.code == 3);
  CHECK(ran.out == told);
  CHECK(ran.err == "holdfast: no daemon listens on " + command.socket() +
                       "\nholdfast: last known, at 2026-11-24T07:00:00Z:\n");
  CHECK(command.run({"explain", "worker"}).out == "worker waits for rabbitmq\n");
  CHECK(command.run({"explain", "redis"}).out == "redis is down: stopped (since 2026-11-24T06:59:59Z)\n");
  CHECK(command.run({"explain", "nobody"}).err.find("no service \"nobody\" was known") != std::string::npos);
  CHECK(command.run({"explain", "--json"}).out == wire::encode_explanation(chain, true) + "\n");
}
