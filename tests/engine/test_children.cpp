#include "engine/children.h"

#include "linux/processes.h"
#include "support/catch.h"

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;

TEST_CASE("children: an exit that is reported before its launch is told after it, and accounted for then") {
  boost::asio::io_context loop(1);
  std::vector<int> reaped;
  Children children(loop, [&](int pid) { reaped.push_back(pid); });
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
  CHECK(order_of_calls.empty());
  CHECK(reaped.empty());
  while (order_of_calls.find("exited") == std::string::npos)
    REQUIRE(loop.run_one_for(patience) == 1);
  CHECK(order_of_calls == "started exited 1");
  CHECK(reaped == std::vector<int>{child.pid()});
}

TEST_CASE("children: one that another engine started is signalled, and its exit is told") {
  boost::asio::io_context loop(1);
  std::vector<int> reaped;
  Children children(loop, [&](int pid) { reaped.push_back(pid); });
  const Child child(pause_for_ever);
  int signal = 0;
  const auto ticket =
      children.adopt(child.pid(), {.started = {},
                                   .exited = [&](model::ExitStatus status) { signal = status.signal; },
                                   .failed = {},
                                   .refused = {}});
  REQUIRE(children.signal(ticket, SIGKILL));
  child.wait_for_end();
  children.exited(child.pid(), {.code = 0, .signal = SIGKILL});
  CHECK(signal == SIGKILL);
  CHECK(reaped == std::vector<int>{child.pid()});
}

TEST_CASE("children: a process of nobody is passed over") {
  boost::asio::io_context loop(1);
  std::vector<int> reaped;
  Children children(loop, [&](int pid) { reaped.push_back(pid); });
  children.exited(1, {});
  CHECK(reaped == std::vector<int>{1});
  CHECK(children.signal(77, SIGTERM));
}
