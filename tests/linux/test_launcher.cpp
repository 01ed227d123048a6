#include "linux/launcher.h"
#include "spawning.h"
#include "support/scratch.h"

#include <cerrno>
#include <sys/eventfd.h>
#include <sys/stat.h>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

/// A launcher whose outcomes are waited for as the engine's loop does.
class Harness {
public:
  LaunchOrder order(std::vector<std::string> words) const {
    LaunchOrder made;
    made.ticket = 7;
    made.program.command = {HOLDFAST_TEST_CHILD};
    made.program.command.insert(made.program.command.end(), words.begin(), words.end());
    made.program.user = "root";
    made.parent_is_ours = true;
    return made;
  }

  LaunchOutcome launch(LaunchOrder order) {
    launcher_.submit(std::move(order));
    return next();
  }

  LaunchOutcome next() {
    while (outcomes_.empty()) {
      REQUIRE(becomes_readable(event_.get()));
      std::uint64_t count = 0;
      REQUIRE(::read(event_.get(), &count, sizeof count) == sizeof count);
      for (LaunchOutcome& outcome : launcher_.take())
        outcomes_.push_back(std::move(outcome));
    }
    LaunchOutcome outcome = std::move(outcomes_.front());
    outcomes_.erase(outcomes_.begin());
    return outcome;
  }

  Launcher& launcher() { return launcher_; }

private:
  Fd event_{::eventfd(0, EFD_CLOEXEC)};
  std::vector<LaunchOutcome> outcomes_;
  Launcher launcher_{[this] {
    const std::uint64_t one = 1;
    if (::write(event_.get(), &one, sizeof one) < 0) std::abort();
  }};
};

std::string text_of(Harness& harness, LaunchOrder order) {
  Pipe pipe;
  order.output = pipe.write.get();
  const LaunchOutcome outcome = harness.launch(std::move(order));
  REQUIRE(outcome.kind == LaunchOutcome::Kind::started);
  Child child(outcome.pid);
  pipe.write.reset();
  std::string text = read_all(pipe.read.get(), 1U << 20U).value();
  CHECK(child.wait() == 0);
  return text;
}

} // namespace

TEST_CASE("launcher: as the user, with its environment, in the leaf, pid at birth") {
  Harness harness;
  const TestCgroup cgroup;
  const auto leaf = Leaf::make(cgroup / "1");
  REQUIRE(leaf);
  std::atomic<std::int32_t> pid = 0;
  LaunchOrder order = harness.order({"environment"});
  order.program.user = "daemon";
  order.program.environment = {{"A", "1"}};
  order.extra_environment = {"NOTIFY_SOCKET=/run/x"};
  order.cgroup_fd = leaf.value().directory_fd();
  order.pid_at_birth = &pid;
  const std::string text = text_of(harness, std::move(order));
  CHECK(pid > 0);
  CHECK(text.starts_with("A=1\nHOME=/usr/sbin\nLANG=C.UTF-8\nLOGNAME=daemon\nNOTIFY_SOCKET=/run/x\nPATH="));
  CHECK(text.ends_with("USER=daemon\n"));
}

TEST_CASE(
    "launcher: orders in order, each with its ticket; other words than the service's where they are given") {
  Harness harness;
  for (std::uint64_t ticket = 1; ticket <= 20; ++ticket) {
    LaunchOrder order = harness.order({"pause"});
    order.ticket = ticket;
    order.argv = {HOLDFAST_TEST_CHILD, "exit", std::to_string(ticket)};
    harness.launcher().submit(std::move(order));
  }
  for (std::uint64_t ticket = 1; ticket <= 20; ++ticket) {
    const LaunchOutcome outcome = harness.next();
    REQUIRE(outcome.kind == LaunchOutcome::Kind::started);
    CHECK(outcome.ticket == ticket);
    Child child(outcome.pid);
    CHECK(static_cast<unsigned>(WEXITSTATUS(child.wait())) == ticket);
  }
}

TEST_CASE("launcher: a failed step is told with errno and the pid to be reaped") {
  Harness harness;
  LaunchOrder order = harness.order({});
  order.program.command = {"/nonexistent/program"};
  const LaunchOutcome outcome = harness.launch(std::move(order));
  CHECK(outcome.kind == LaunchOutcome::Kind::failed);
  CHECK(outcome.ticket == 7);
  CHECK(outcome.error.code == ENOENT);
  CHECK(outcome.error.what == "/nonexistent/program: No such file or directory (execve)");
  REQUIRE(outcome.pid > 0);
  Child child(outcome.pid);
  CHECK(WEXITSTATUS(child.wait()) == 127);
}

TEST_CASE("launcher: a user that does not exist starts nothing") {
  Harness harness;
  LaunchOrder order = harness.order({"exit", "0"});
  order.program.user = "no-such-user";
  const LaunchOutcome outcome = harness.launch(std::move(order));
  CHECK(outcome.kind == LaunchOutcome::Kind::failed);
  CHECK(outcome.pid == 0);
  CHECK(outcome.error.code == ENOENT);
  CHECK(outcome.error.what == "user \"no-such-user\" does not exist");
}

TEST_CASE("launcher: a missing or foreign requirement is refused in words, and nothing is made") {
  const Scratch scratch;
  Harness harness;
  LaunchOrder order = harness.order({"exit", "0"});
  order.program.requirements = {{.file = scratch / "PG_VERSION", .owner = "daemon"}};
  order.program.runtime_directories = {{.path = scratch / "run", .mode = 0755}};
  LaunchOutcome outcome = harness.launch(order);
  CHECK(outcome.kind == LaunchOutcome::Kind::refused);
  CHECK(outcome.error.what == scratch / "PG_VERSION" + ": No such file or directory");
  REQUIRE(replace_file(scratch / "PG_VERSION", "15\n", 0600));
  outcome = harness.launch(order);
  CHECK(outcome.kind == LaunchOutcome::Kind::refused);
  CHECK(outcome.error.what == scratch / "PG_VERSION" + ": belongs to root, not to daemon");
  CHECK(::access((scratch / "run").c_str(), F_OK) != 0);
  REQUIRE(::chown((scratch / "PG_VERSION").c_str(), 1, 1) == 0);
  outcome = harness.launch(order);
  REQUIRE(outcome.kind == LaunchOutcome::Kind::started);
  Child child(outcome.pid);
  CHECK(::access((scratch / "run").c_str(), F_OK) == 0);
}

TEST_CASE("launcher: a probe checks no requirement and makes no directory") {
  const Scratch scratch;
  Harness harness;
  LaunchOrder order = harness.order({"exit", "0"});
  order.program.requirements = {{.file = scratch / "none", .owner = ""}};
  order.program.runtime_directories = {{.path = scratch / "run", .mode = 0755}};
  order.check_requirements = false;
  const LaunchOutcome outcome = harness.launch(std::move(order));
  REQUIRE(outcome.kind == LaunchOutcome::Kind::started);
  const Child child(outcome.pid);
  CHECK(::access((scratch / "run").c_str(), F_OK) != 0);
}

TEST_CASE(
    "launcher: what is wrong with a runtime directory, the environment file or a capability starts nothing") {
  const Scratch scratch;
  Harness harness;
  LaunchOrder order = harness.order({"exit", "0"});
  order.program.user = "daemon";
  order.program.runtime_directories = {{.path = scratch / "run", .mode = 0755}};
  REQUIRE(::mkdir((scratch / "run").c_str(), 0755) == 0);
  LaunchOutcome outcome = harness.launch(order);
  CHECK(outcome.kind == LaunchOutcome::Kind::failed);
  CHECK(outcome.pid == 0);
  CHECK(outcome.error.what.starts_with(scratch / "run" + ": "));
  order.program.runtime_directories.clear();
  order.program.environment_file = scratch / "none";
  CHECK(harness.launch(order).error.what == scratch / "none" + ": No such file or directory");
  order.program.environment_file.clear();
  order.program.capabilities = {"CAP_FLY"};
  CHECK(harness.launch(order).error.what == "capability \"CAP_FLY\" does not exist");
}
