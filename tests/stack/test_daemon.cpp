// The daemon itself: its lock, its own death, configurations it refuses, and nonsense on its socket.

#include "stack/nothing_left.h"
#include "stack/synthetic.h"
#include "support/binaries.h"
#include "support/catch.h"
#include "support/ports.h"
#include "support/unix_client.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

using namespace holdfast::test;

namespace {

Finished run_to_end(const StackDirectory& directory, const std::string& verb) {
  return run_program({binaries() + "/holdfast", verb, "--config", directory / "holdfast.yaml"}, 30s);
}

} // namespace

TEST_CASE("a second run of the same stack is refused, naming the pid that holds the lock", "[daemon]") {
  const StackDirectory directory;
  directory.write_services(idle_service("only"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  const auto pid = stack.service("only").at("pid");

  const auto second = run_to_end(directory, "run");
  CHECK(second.code == 4);
  CHECK(second.output.find(std::to_string(stack.pid())) != std::string::npos);
  CHECK(stack.service("only").at("pid") == pid);
  CHECK(stack.stop() == 0);
  CHECK(left_of(directory) == "");
}

TEST_CASE("a stack of the same name with another runtime directory is refused, and the first one lives",
          "[daemon]") {
  const StackDirectory first;
  first.write_services(idle_service("a"));
  RunningStack stack(first);
  stack.events().wait_for("", "working");
  const StackDirectory second;
  second.write_services(idle_service("a"));
  const auto refused = run_program({binaries() + "/holdfast", "run", "--config", second / "holdfast.yaml",
                                    "--cgroup", cgroup_root() + "/holdfast-" + first.name()});
  CHECK(refused.code == 4);
  CHECK(refused.output.find("belongs to a daemon that runs") != std::string::npos);
  CHECK(stack.service("a").at("phase") == "ready");
  CHECK(stack.stop() == 0);
}

TEST_CASE("the umask of a shell does not keep services from our sockets", "[daemon]") {
  const StackDirectory directory;
  directory.write_services(idle_service("a"));
  const mode_t before = ::umask(077);
  RunningStack stack(directory);
  ::umask(before);
  stack.events().wait_for("", "working");
  CHECK(std::filesystem::status(directory / "run").permissions() == std::filesystem::perms(0755));
  CHECK(std::filesystem::status(directory / "run/notify").permissions() == std::filesystem::perms(0755));
  CHECK(stack.stop() == 0);
}

TEST_CASE("without a daemon the verbs say so and exit 3", "[daemon]") {
  const StackDirectory directory;
  directory.write_services(idle_service("only"));
  CHECK(run_to_end(directory, "status").code == 3);
  CHECK(run_to_end(directory, "start").code == 3);
  CHECK(run_to_end(directory, "stop").code == 3);
}

TEST_CASE("the engine's death is nobody's: services and clients go on", "[daemon]") {
  const StackDirectory directory;
  directory.write_services(idle_service("back") + idle_service("front", "needs: [back]"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  const auto pid = stack.service("back").at("pid");
  stack.kill_engine();
  CHECK(stack.service("back").at("pid") == pid);
  CHECK(stack.service("back").at("restarts") == 0);
  CHECK(stack.service("back").at("phase") == "ready");
  CHECK(stack.status().at("stack").at("verdict") == "working");
  CHECK(stack.command({"restart", "front"}).code == 0);
  CHECK(stack.service("front").at("run") == 2);
  CHECK(stack.stop() == 0);
  CHECK(left_of(directory) == "");
}

TEST_CASE("engines that cannot take over end the stack: run exits 70 and nothing is left", "[daemon]") {
  const StackDirectory directory;
  directory.write_services(idle_service("back") + idle_service("front", "needs: [back]") +
                           shell_service("deaf", "trap '' TERM; while :; do sleep 100000; done",
                                         "stop: [{signal: SIGTERM, wait: 1s}]"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  // In the way of each engine that comes.
  std::filesystem::rename(directory / "log", directory / "log.away");
  std::ofstream(directory / "log") << "no directory";
  stack.kill_engine();
  CHECK(stack.wait(30s) == 70);
  std::filesystem::remove(directory / "log");
  std::filesystem::rename(directory / "log.away", directory / "log");
  CHECK(processes_of(directory.name()).empty()); // empty cgroups may stay: the anchor sits in one of them

  RunningStack again(directory);
  again.events().wait_for("", "working");
  CHECK(again.stop() == 0);
  CHECK(left_of(directory) == "");
}

TEST_CASE("the anchor's death ends the stack too, and the next run starts", "[daemon]") {
  const StackDirectory directory;
  directory.write_services(idle_service("back") + idle_service("front", "needs: [back]"));
  {
    RunningStack stack(directory);
    stack.events().wait_for("", "working");
    ::kill(stack.pid(), SIGKILL);
    CHECK(stack.wait(10s) == 128 + SIGKILL);
    CHECK(comes_to(0, directory.name(), "", 30s));
  }
  RunningStack again(directory);
  again.events().wait_for("", "working");
  CHECK(again.stop() == 0);
  CHECK(left_of(directory) == "");
}

TEST_CASE("SIGTERM and SIGINT while the stack still starts stop it in order, with 0", "[daemon]") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  const StackDirectory directory;
  directory.write_services(idle_service("slow", "ready: {running: 1h}\nstart_within: 2h") +
                           idle_service("later", "needs: [slow]"));
  RunningStack stack(directory);
  stack.events().wait_for("slow", "starting");
  CHECK(stack.stop(30s, signal) == 0);
  CHECK(left_of(directory) == "");
}

TEST_CASE("where there are no cgroups run says so and refuses, rather than leak processes", "[daemon]") {
  const StackDirectory directory;
  directory.write_services(idle_service("only"));
  const std::string run = "umount --lazy " + cgroup_root() + " && exec " + binaries() +
                          "/holdfast run --config " + directory / "holdfast.yaml";
  const auto finished = run_program({"unshare", "--mount", "sh", "-c", run}, 30s);
  INFO(finished.output);
  CHECK(finished.code == 4);
  CHECK(finished.output.find("cgroup") != std::string::npos);
}

TEST_CASE("every mistake in a configuration is printed, by check and by run, and nothing is started",
          "[daemon]") {
  const StackDirectory directory;
  directory.write_services(R"(  one:
    command: ["/bin/sleep", "1"]
    user: root
    memroy: 1GiB
    start_within: 10
  two:
    command: ["/nonexistent/program"]
    user: nobody-of-this-name
    needs: [three]
  three:
    command: ["/bin/sleep", "1"]
    user: root
    needs: [two]
    critical: perhaps
)");
  for (const std::string verb : {"check", "run"}) {
    const auto finished = run_to_end(directory, verb);
    CHECK(finished.code == (verb == "run" ? 4 : 1));
    for (const std::string word :
         {"memroy", "start_within", "/nonexistent/program", "nobody-of-this-name", "critical"}) {
      INFO(verb << " does not mention " << word << ":\n" << finished.output);
      CHECK(finished.output.find(word) != std::string::npos);
    }
    CHECK(finished.output.find("holdfast.yaml:7:5: error:") != std::string::npos);
  }
  CHECK(left_of(directory) == "");
}

TEST_CASE("a start that is refused closes the door that a killed daemon left, and so does the engine alone",
          "[daemon]") {
  const StackDirectory directory;
  const auto leave_open = [&] {
    std::filesystem::create_directories(directory / "run/door");
    directory.write("run/door/open", "");
  };
  const auto is_open = [&] { return std::filesystem::exists(directory / "run/door/open"); };
  directory.write_services(idle_service("only", "memroy: 1GiB"));
  leave_open();
  CHECK(run_to_end(directory, "run").code == 4);
  CHECK_FALSE(is_open());
  // As the unit calls it.
  const std::vector<std::string> close_left_door = {binaries() + "/holdfast-engine", "--close-left-door",
                                                    directory / "holdfast.yaml"};
  leave_open();
  CHECK(run_program(close_left_door).code == 0);
  CHECK_FALSE(is_open());

  directory.write_services(idle_service("only"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  CHECK(run_program(close_left_door).code == 0);
  CHECK(is_open());
  CHECK(stack.stop() == 0);
}

TEST_CASE("check names a stranger where a service is to listen, and not the service itself", "[daemon]") {
  const StackDirectory directory;
  const std::string port = std::to_string(free_ports(1));
  const std::string address = "127.0.0.1:" + port;
  const std::string keys = "listens: ['" + address + "']";
  directory.write_services(
      shell_service("listener", "exec redis-server --bind 127.0.0.1 --save '' --port " + port,
                    keys + "\nready: {exec: [/usr/bin/redis-cli, -p, '" + port + "', ping], every: 1s}"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  const auto own = run_to_end(directory, "check");
  INFO(own.output);
  CHECK(own.code == 0);

  const StackDirectory other;
  other.write_services(idle_service("other", keys));
  const auto taken = run_to_end(other, "check");
  INFO(taken.output);
  CHECK(taken.code == 1);
  const std::string pid = std::to_string(stack.service("listener").at("pid").get<int>());
  CHECK(taken.output.find("\"" + address + "\" is in use by redis-server (pid " + pid) != std::string::npos);
  CHECK(stack.stop() == 0);
  CHECK(run_to_end(other, "check").code == 0);
}

TEST_CASE("a cycle of needs is refused and its path is shown", "[daemon]") {
  const StackDirectory directory;
  directory.write_services(idle_service("one", "needs: [two]") + idle_service("two", "needs: [three]") +
                           idle_service("three", "needs: [one]"));
  const auto finished = run_to_end(directory, "run");
  CHECK(finished.code == 4);
  INFO(finished.output);
  for (const std::string word : {"one", "two", "three"})
    CHECK(finished.output.find(word) != std::string::npos);
}

TEST_CASE("a duplicate key and a file that others can write are refused", "[daemon]") {
  const StackDirectory directory;
  directory.write_services(idle_service("one") + idle_service("one"));
  const auto doubled = run_to_end(directory, "run");
  CHECK(doubled.code == 4);
  CHECK(doubled.output.find("one") != std::string::npos);

  const StackDirectory open;
  open.write_services(idle_service("one"));
  open.write("holdfast.yaml", contents(open / "holdfast.yaml"), 0666);
  CHECK(run_to_end(open, "run").code == 4);
  CHECK(run_to_end(open, "check").code == 1);
  CHECK(left_of(open) == "");
}

TEST_CASE("nonsense on the control socket gets an error answer, and the daemon lives", "[daemon]") {
  const StackDirectory directory;
  directory.write_services(idle_service("only"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  const std::string nonsense =
      GENERATE(as<std::string>{}, "not JSON", "{\"verb\": \"dance\"}", "{}", "[1, 2]", "null",
               "{\"verb\": 7}", std::string(4 << 20, 'x'), std::string(10000, '['));
  UnixClient client(directory / "run/control.sock");
  client.send(nonsense + "\n");
  const auto answer = nlohmann::json::parse(client.line(10s));
  INFO(answer.dump());
  CHECK(answer.at("reply") == "error");
  CHECK(stack.status().at("stack").at("verdict") == "working");
  CHECK(stack.stop() == 0);
}

TEST_CASE("a client that says nothing, and one that goes in the middle of a line, trouble nobody",
          "[daemon]") {
  const StackDirectory directory;
  directory.write_services(idle_service("only"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  const UnixClient silent(directory / "run/control.sock");
  { UnixClient(directory / "run/control.sock").send("{\"verb\": \"st"); }
  CHECK(stack.command({"restart", "only"}).failure() == "");
  CHECK(stack.stop() == 0);
}

TEST_CASE("what a service prints is in its log, line by line, and `logs` shows the last ones", "[daemon]") {
  const StackDirectory directory;
  directory.write_services(
      shell_service("talker", "for n in 1 2 3; do echo line $n; done; echo trouble >&2; exec sleep 100000"));
  RunningStack stack(directory);
  const std::string log = directory / "log/talker.log";
  CHECK(comes_true(10s, [&] { return contents(log).find("trouble") != std::string::npos; }));
  const auto shown = stack.command({"logs", "-n", "2", "talker"});
  CHECK(shown.code == 0);
  CHECK(shown.output.find("line 2") == std::string::npos);
  CHECK(shown.output.find("Z line 3\n") != std::string::npos);
  CHECK(shown.output.find("Z trouble\n") != std::string::npos);
  const auto found = stack.command({"logs", "--grep", "line [13]$", "--since", "1h", "talker"});
  CHECK(found.code == 0);
  CHECK(found.output.find("Z line 1\n") != std::string::npos);
  CHECK(found.output.find("line 2") == std::string::npos);
  CHECK(stack.command({"logs", "nobody"}).code != 0);
  CHECK(stack.stop() == 0);
}
