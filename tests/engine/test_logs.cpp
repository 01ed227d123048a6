#include "stack_under_test.h"
#include "support/catch.h"
#include "support/manager_socket.h"
#include "support/mounts.h"

#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <utility>

using namespace holdfast;
using namespace holdfast::test;

namespace {

/// Where systemd's journal listens, on a /run of the test's own.
class Journal {
public:
  Journal() {
    enter_private_mounts();
    mount_tmpfs("/run");
    std::filesystem::create_directories("/run/systemd/journal");
    socket_.emplace("/run/systemd/journal/socket");
  }
  ~Journal() { unmount("/run"); }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// The entries so far.
  const std::set<std::string>& entries() {
    for (std::string entry; (entry = socket_->next(Milliseconds(0))) != "nothing";)
      entries_.insert(std::move(entry));
    return entries_;
  }

private:
  std::optional<ManagerSocket> socket_; ///< it takes datagrams as the manager does
  std::set<std::string> entries_;
};

/// The engine is this program too, and sees what was mounted for the test.
std::unique_ptr<Journal> journal_for(const Place& place) {
  return place.is_engine() ? nullptr : std::make_unique<Journal>();
}

model::StackSpec forwarding(model::StackSpec spec) {
  spec.log_forward = model::LogForward::journal;
  return spec;
}

bool has_lines_of_a(Journal& journal) {
  const std::string fields = "PRIORITY=6\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=a\nHOLDFAST_STACK=test\n"
                             "HOLDFAST_SERVICE=a\nMESSAGE=line ";
  return comes_true([&] {
    const auto& entries = journal.entries();
    return entries.contains(fields + "1\n") && entries.contains(fields + "2\n");
  });
}

} // namespace

TEST_CASE("logs - what a service writes is in its file - once and in order and over restarts") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"lines", "1000"})}));
  std::string expected;
  for (int i = 1; i <= 1000; ++i)
    expected += "line " + std::to_string(i) + "\n";
  CHECK(comes_true([&] { return stack.log("a") == expected; }));
  REQUIRE(stack.tells("a 1 starting>ready"));
  REQUIRE(::kill(stack.pids("a", 1).at(0), SIGKILL) == 0);
  CHECK(comes_true([&] { return stack.log("a") == expected + expected; }));
  CHECK(stack.ends_well());
  CHECK(stack.log("a") == expected + expected);
}

TEST_CASE("logs - lines go to the journal as well where the configuration says so") {
  const Place place;
  const auto journal = journal_for(place);
  StackUnderTest stack(place, forwarding(place.stack({Place::service("a", {"lines", "2"})})));
  CHECK(has_lines_of_a(*journal));
  CHECK(stack.ends_well());
  CHECK(stack.log("a") == "line 1\nline 2\n");
}

TEST_CASE("logs - lines go to the journal as well from a reload on") {
  const Place place;
  const auto journal = journal_for(place);
  const model::StackSpec quiet = place.stack({Place::service("a", {"lines", "2"})});
  StackUnderTest stack(place, quiet, forwarding(quiet));
  REQUIRE(comes_true([&] { return stack.log("a") == "line 1\nline 2\n"; }));
  CHECK(journal->entries().empty());
  stack.reload();
  REQUIRE(comes_true([&] { return stack.output().find("reload by SIGHUP") != std::string::npos; }));
  REQUIRE(::kill(stack.pids("a", 1).at(0), SIGKILL) == 0);
  CHECK(has_lines_of_a(*journal));
  CHECK(stack.ends_well());
}
