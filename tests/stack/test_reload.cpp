// Changing a running stack: what plan says is what reload does, a mistake changes nothing, and what is left
// alone keeps its process.

#include "stack/nothing_left.h"
#include "stack/synthetic.h"
#include "support/binaries.h"
#include "support/catch.h"
#include "support/deadline.h"
#include "support/has.h"

#include <csignal>
#include <filesystem>

using namespace holdfast::test;

namespace {

/// What a service of `status --json` is, without what changes by itself.
nlohmann::json identity(const RunningStack& stack, const std::string& service) {
  const auto all = stack.service(service);
  return {all.at("pid"), all.at("run"), all.at("phase")};
}

std::vector<std::string> names(const RunningStack& stack) {
  std::vector<std::string> all;
  const auto status = stack.status();
  for (const auto& service : status.at("services"))
    all.push_back(service.at("name"));
  return all;
}

std::string task(const std::string& name, const std::string& line, const std::string& when) {
  return "  " + name + ": {command: [/bin/sh, -c, \"" + line + "\"], user: root, task: {run: " + when +
         "}}\n";
}

} // namespace

TEST_CASE("a reload changes what changed and leaves every other process alone", "[reload]") {
  const StackDirectory directory;
  const std::string kept = idle_service("kept");
  directory.write_services(kept + shell_service("changed", "exec sleep 1000") + idle_service("gone") +
                           idle_service("tuned"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  const auto before = identity(stack, "kept");
  const auto tuned = identity(stack, "tuned");
  CHECK(has(stack.command({"plan"}).output, ": a reload changes nothing\n"));

  directory.write_services(idle_service("added", "needs: [kept]") + kept +
                           shell_service("changed", "exec sleep 2000") +
                           idle_service("tuned", "restart: {budget: 2 in 1h}"));
  const auto plan = stack.command({"plan"});
  CHECK(plan.code == 0);
  CHECK(has(plan.output, "added: start (added)\n"));
  CHECK(has(plan.output, "changed: restart\n  services.changed.command: "));
  CHECK(has(plan.output, "tuned: counts from now on\n  services.tuned.restart.budget: not set -> 2 in 1h\n"));
  CHECK(has(plan.output, "gone: stop (removed)\n"));
  CHECK_FALSE(has(plan.output, "kept"));
  CHECK(identity(stack, "changed").at(1) == 1); // a plan changes nothing

  const auto reload = stack.command({"reload"});
  CHECK(reload.failure() == "");
  CHECK(names(stack) == std::vector<std::string>{"added", "kept", "changed", "tuned"});
  CHECK(identity(stack, "kept") == before);
  CHECK(identity(stack, "tuned") == tuned);
  CHECK(identity(stack, "changed").at(1) == 2);
  CHECK(stack.service("added").at("phase") == "ready");
  CHECK(stack.status().at("stack").at("verdict") == "working");
  CHECK(processes_of(directory.name(), "gone").empty());
  CHECK(stack.stop() == 0);
  CHECK(left_of(directory) == "");
}

TEST_CASE("a mistake anywhere changes nothing, and is told as check tells it", "[reload]") {
  const StackDirectory directory;
  directory.write_services(idle_service("a") + idle_service("b"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  const auto a = identity(stack, "a");
  directory.write_services(shell_service("a", "exec sleep 5") + idle_service("b", "needs: [c]"));
  const auto check = stack.command({"check"});
  const auto plan = stack.command({"plan"});
  const auto reload = stack.command({"reload"});
  CHECK(check.code == 1);
  CHECK(plan.code == 1);
  CHECK(reload.code == 1);
  CHECK(plan.output == check.output);
  CHECK(reload.output == check.output + "holdfast: the configuration has mistakes; nothing was changed\n");
  CHECK(identity(stack, "a") == a);
  CHECK(comes_true(10s, [&] { return !stack.status().at("stack").at("changed_on_disk").is_null(); }));
  CHECK(stack.stop() == 0);
}

TEST_CASE("a reload that takes away what another needs, or closes a circle, is refused whole", "[reload]") {
  const StackDirectory directory;
  directory.write_services(idle_service("a") + idle_service("b", "needs: [a]"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  directory.write_services(idle_service("b", "needs: [a]"));
  CHECK(has(stack.command({"reload"}).output, "unknown service \"a\" in services.b.needs"));
  directory.write_services(idle_service("a", "needs: [b]") + idle_service("b", "needs: [a]"));
  CHECK(has(stack.command({"reload"}).output, "services need each other in a circle"));
  directory.write_services(idle_service("a") + idle_service("b", "needs: [a]") + "  c: {preset: nowhere}\n");
  CHECK(has(stack.command({"reload"}).output, "unknown preset \"nowhere\""));
  CHECK(names(stack) == std::vector<std::string>{"a", "b"});
  CHECK(stack.service("a").at("run") == 1);
  CHECK(stack.stop() == 0);
}

TEST_CASE("SIGHUP reloads", "[reload]") {
  const StackDirectory directory;
  directory.write_services(idle_service("a"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  directory.write_services(idle_service("a") + idle_service("b"));
  ::kill(stack.pid(), SIGHUP);
  stack.events().wait_for("b", "ready");
  directory.write_services("  a: {nonsense: 1}\n");
  ::kill(stack.pid(), SIGHUP);
  // Told in our own log; the daemon goes on.
  CHECK(comes_true(30s, [&] { return has(stack.output(), "nothing was changed"); }));
  CHECK(stack.service("b").at("phase") == "ready");
  CHECK(stack.stop() == 0);
}

TEST_CASE("a service is reloaded when its file changed since its start, not otherwise", "[reload]") {
  const StackDirectory directory;
  directory.write("app.conf", "one\n");
  directory.write_services(shell_service(
      "app", "trap 'cat " + directory / "app.conf" + "' HUP; echo up; while :; do sleep 0.05; done",
      "reload: {signal: SIGHUP, files: [" + directory / "app.conf" + "]}"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  const auto before = identity(stack, "app");
  CHECK(has(stack.command({"reload"}).output, "nothing changed"));
  directory.write("app.conf", "two\n");
  CHECK(has(stack.command({"plan"}).output, "app: reload (" + directory / "app.conf" + " changed)"));
  CHECK(stack.command({"reload"}).failure() == "");
  CHECK(comes_true(30s, [&] { return has(contents(directory / "log/app.log"), "two"); }));
  CHECK(identity(stack, "app") == before);
  CHECK(has(stack.command({"plan"}).output, "a reload changes nothing"));
  CHECK(stack.stop() == 0);
}

TEST_CASE("what is renamed is stopped and started, and notify sockets come with new services", "[reload]") {
  const StackDirectory directory;
  directory.write_services(idle_service("old"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  for (int round = 0; round < 3; ++round) {
    const std::string name = "new" + std::to_string(round);
    directory.write_services(shell_service(
        name,
        "systemd-notify --ready 2>/dev/null || python3 -c 'import os,socket; s=socket.socket(socket.AF_UNIX, "
        "socket.SOCK_DGRAM); s.sendto(b\"READY=1\", os.environ[\"NOTIFY_SOCKET\"])'; exec sleep 1000",
        "ready: {notify: true}"));
    CHECK(stack.command({"reload"}).failure() == "");
    CHECK(names(stack) == std::vector<std::string>{name});
  }
  directory.write_services(idle_service("old"));
  CHECK(stack.command({"reload"}).failure() == "");
  CHECK(stack.service("old").at("run") == 2);
  CHECK(stack.stop() == 0);
  CHECK(left_of(directory) == "");
}

TEST_CASE("what the daemon makes at its start is kept until its next one", "[reload]") {
  const StackDirectory directory;
  directory.write_services(idle_service("a"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  const std::string text = contents(directory / "holdfast.yaml");
  const auto at = text.find("/log");
  REQUIRE(at != std::string::npos);
  directory.write("holdfast.yaml", text.substr(0, at) + "/elsewhere" + text.substr(at + 4));
  const auto reload = stack.command({"reload"});
  CHECK(reload.code == 0);
  CHECK(has(reload.output, "the stack: not before a restart of the daemon\n  logging.directory: "));
  CHECK_FALSE(std::filesystem::exists(directory / "elsewhere"));
  CHECK(stack.stop() == 0);
}

TEST_CASE("the door is held closed over a working stack, and opened again", "[reload]") {
  const StackDirectory directory;
  directory.write_services(idle_service("a"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  CHECK(stack.command({"door", "close"}).failure() == "");
  CHECK(stack.status().at("stack").at("door") == "closed");
  CHECK(stack.status().at("stack").at("verdict") == "working");
  CHECK(has(stack.command({"explain"}).output, "the door is held closed by root"));
  CHECK(stack.command({"door", "open"}).failure() == "");
  CHECK(stack.status().at("stack").at("door") == "open");
  CHECK(stack.stop() == 0);
}

TEST_CASE("tasks run on command, and once until their program changes", "[reload]") {
  const StackDirectory directory;
  const auto services = [](const std::string& word) {
    return idle_service("a") + task("manual", "sleep 0.2", "on-command") +
           task("broken", "exit 3", "on-command") + task("first", "echo " + word, "once");
  };
  directory.write_services(services("one"));
  {
    RunningStack stack(directory);
    stack.events().wait_for("", "working");
    CHECK(stack.service("manual").at("run") == 0);
    CHECK(stack.command({"task", "manual"}).failure() == "");
    CHECK(stack.command({"task", "manual"}).failure() == "");
    CHECK(stack.service("manual").at("run") == 2);
    CHECK(stack.command({"task", "broken"}).code == 1);
    CHECK(stack.command({"task", "a"}).code == 1);
    CHECK(stack.service("first").at("run") == 1);
    CHECK(stack.stop() == 0);
  }
  {
    RunningStack stack(directory);
    stack.events().wait_for("", "working");
    CHECK(stack.service("first").at("run") == 0);
    CHECK(stack.service("first").at("phase") == "done");
    directory.write_services(services("two"));
    CHECK(stack.command({"reload"}).failure() == "");
    CHECK(stack.service("first").at("run") == 1);
    CHECK(stack.stop() == 0);
  }
  CHECK(contents(directory / "log/first.log").size() > 0);
  CHECK(left_of(directory) == "");
}

TEST_CASE("explain tells the chain down to the last lines, also when the daemon is gone", "[reload]") {
  const StackDirectory directory;
  directory.write_services(
      shell_service("base", "echo out of cheese; exit 4", "restart: {budget: 1 in 1h, delay: 10ms}") +
      idle_service("above", "needs: [base]"));
  std::filesystem::create_directory(directory / "stack.d");
  directory.write("stack.d/hold.yaml", "stability: {when_broken: hold, stack_budget: 0 in 1h}\n");
  RunningStack stack(directory);
  stack.events().wait_for("base", "failed");
  const std::string told = stack.command({"explain"}).output;
  CAPTURE(told);
  CHECK(has(told, "base"));
  CHECK(has(told, "exit code 4"));
  CHECK(has(told, "out of cheese"));
  CHECK(has(stack.command({"explain", "above"}).output, "base"));
  CHECK(has(stack.command({"explain", "--json"}).output, "\"last_known\":false"));
  stack.stop();
  const auto after =
      run_program({binaries() + "/holdfast", "explain", "base", "--config", directory / "holdfast.yaml"});
  CHECK(after.code == 3);
  CHECK(has(after.output, "last known, at "));
  CHECK(has(after.output, "base is "));
}

TEST_CASE("plan without a daemon says what a start would begin", "[reload]") {
  const StackDirectory directory;
  directory.write_services(idle_service("a") + idle_service("b", "enabled: false"));
  const Words plan = {binaries() + "/holdfast", "plan", "--config", directory / "holdfast.yaml"};
  const auto good = run_program(plan);
  CHECK(good.code == 3);
  CHECK(has(good.output, "nothing runs; a start would begin this:\na: start\n"));
  directory.write_services(idle_service("a", "needs: [nobody]"));
  const auto bad = run_program(plan);
  CHECK(bad.code == 1);
  CHECK(has(bad.output, "unknown service \"nobody\""));
}
