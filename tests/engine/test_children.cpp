#include "engine/children.h"

#include "linux/processes.h"
#include "support/catch.h"

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;

TEST_CASE("children: an exit that is reported before its launch is told after it, and its pid is forgotten "
          "at once") {
  boost::asio::io_context loop(1);
  Children children(loop);
  std::atomic<std::int32_t> row{0};
  std::string order_of_calls;
  linux_os::LaunchOrder order;
  order.program.command = {"/bin/false"};
  order.program.user = "root";
  order.pid_at_birth = &row;
  order.parent_is_ours = true;
  children.start(
      std::move(order),
      {.started = [&](pid_t) { order_of_calls += "started "; },
       .exited = [&](model::ExitStatus status) { order_of_calls += "exited " + std::to_string(status.code); },
       .failed = [&](const Error&) { order_of_calls += "failed"; },
       .refused = [&](const Error&) { order_of_calls += "refused"; }});
  REQUIRE(comes_true([&] { return row.load() != 0; }));
  const Child child(row.load());
  child.wait_for_end();
  children.exited(child.pid(), {.code = 1, .signal = 0});
  CHECK(row.load() == 0);
  CHECK(order_of_calls.empty());
  while (order_of_calls.find("exited") == std::string::npos)
    REQUIRE(loop.run_one_for(patience) == 1);
  CHECK(order_of_calls == "started exited 1");
}

TEST_CASE("children: a process of nobody is passed over") {
  boost::asio::io_context loop(1);
  Children children(loop);
  children.exited(1, {});
  CHECK(children.signal(77, SIGTERM));
}
