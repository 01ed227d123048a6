#include "puppet.h"
#include "support/manager_socket.h"

#include <cstdlib>
#include <map>

using namespace holdfast;
using namespace holdfast::test;

namespace {

using Variables = std::map<std::string, std::string>;

/// An anchor that finds these variables beside NOTIFY_SOCKET, and the manager that listens there.
class Managed {
public:
  explicit Managed(const Variables& more = {}) {
    Variables variables = more;
    variables["NOTIFY_SOCKET"] = scratch_ / "manager";
    for (const auto& [name, value] : variables)
      ::setenv(name.c_str(), value.c_str(), 1);
    show_.emplace();
    for (const auto& [name, value] : variables)
      ::unsetenv(name.c_str());
  }

  PuppetShow& show() { return *show_; }
  ManagerSocket& manager() { return manager_; }

private:
  Scratch scratch_;
  ManagerSocket manager_{scratch_ / "manager"};
  std::optional<PuppetShow> show_;
};

} // namespace

TEST_CASE("service manager: what the engine hands over arrives as it is, in order") {
  Managed managed;
  const std::string line = "READY=1\nSTATUS=working: 1 of 1 services";
  CHECK(managed.show().ask("notify " + line) == "sent");
  CHECK(managed.show().ask("notify not of the protocol at all") == "sent");
  CHECK(managed.manager().next() == line);
  CHECK(managed.manager().next() == "not of the protocol at all");
}

TEST_CASE("service manager: nobody whom the anchor starts is told where it is") {
  Managed managed(Variables{{"WATCHDOG_USEC", "60000000"}, {"WATCHDOG_PID", "1"}});
  const std::string variables = managed.show().ask("environment");
  CHECK(variables.find("PATH=") != std::string::npos);
  CHECK(variables.find("NOTIFY_SOCKET") == std::string::npos);
  CHECK(variables.find("WATCHDOG") == std::string::npos);
}

TEST_CASE("service manager: the pulse comes by itself, three times in the time that is allowed") {
  Managed managed(Variables{{"WATCHDOG_USEC", "3000000"}});
  CHECK(managed.manager().next() == "WATCHDOG=1");
  const auto begun = std::chrono::steady_clock::now();
  CHECK(managed.manager().next() == "WATCHDOG=1");
  CHECK(managed.manager().next() == "WATCHDOG=1");
  CHECK(std::chrono::steady_clock::now() - begun >= 1s);
}

TEST_CASE("service manager: no pulse where none is asked for, or it is asked of another process") {
  const Variables environments[] = {{},
                                    {{"WATCHDOG_USEC", "0"}},
                                    {{"WATCHDOG_USEC", "3x"}},
                                    {{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "1"}}};
  for (const auto& variables : environments) {
    Managed managed(variables);
    managed.show().wait_for_engine();
    // A turn of the loop, and whatever is sent before this would be read before it.
    CHECK(managed.show().ask("notify after a turn") == "sent");
    CHECK(managed.manager().next() == "after a turn");
  }
}

TEST_CASE(
    "service manager: without the engine it hears that the stack is stopped, and how long that may take") {
  Managed managed;
  const std::string leaf = managed.show().make_leaf("leaf");
  const int pid = managed.show().spawn("pause " + leaf);
  managed.show().ask("row 0 " + std::to_string(pid) + " 1 15 7000 " + leaf);
  managed.show().lose_all_engines();
  // The wait of the only rank, five seconds for its leaf, five for the tree, a fifth of one for what dies
  // then.
  CHECK(managed.manager().next() ==
        "STOPPING=1\nSTATUS=the engine was lost; the stack is stopped\nEXTEND_TIMEOUT_USEC=22200000");
  CHECK(managed.show().exit_code() == wire::engine_lost);
}

TEST_CASE("service manager: it hears that engines are lost again and again") {
  Managed managed;
  for (int i = 0; i < 6; ++i)
    managed.show().lose_engine();
  CHECK(managed.manager().next() ==
        "STATUS=the engine was lost (signal 9), six times within 60 s; another one "
        "is started in 1 s");
  CHECK(managed.show().ask("life") == "7 0 2 9");
}

TEST_CASE("service manager: one that is not there holds nobody up") {
  ::setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
  PuppetShow show;
  ::unsetenv("NOTIFY_SOCKET");
  CHECK(show.ask("notify READY=1") == "sent");
  show.ask("finish 3");
  show.tell("exit 0");
  CHECK(show.exit_code() == 3);
}
