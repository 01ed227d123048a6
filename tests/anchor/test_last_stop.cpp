#include "puppet.h"
#include "support/catch.h"

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace holdfast;
using namespace holdfast::test;

namespace {

struct Row {
  int index = 0;
  int pid = 0;
  int rank = 0;
  int wait_ms = 60'000;
  std::string leaf;
};

std::string command(const Row& row) {
  std::ostringstream text;
  text << "row " << row.index << ' ' << row.pid << ' ' << row.rank << " 15 " << row.wait_ms << ' '
       << row.leaf;
  return text.str();
}

bool is_empty(const std::string& cgroup) {
  return linux_os::pids_below(cgroup).empty();
}

/// What the test's own patience is measured against: a wait that was passed over takes less than this.
constexpr std::chrono::seconds soon{10};

} // namespace

TEST_CASE("last stop: rank by rank, the highest first") {
  PuppetShow show;
  const std::string told = show.scratch() / "told";
  const std::string leaf = show.make_leaf("stack");
  std::vector<int> pids;
  const int ranks[] = {1, 3, 0, 2};
  for (int i = 0; i < 4; ++i) {
    const std::string own = show.make_leaf("stack/" + std::to_string(i));
    pids.push_back(show.spawn("tell " + told + " " + own));
    CHECK(show.ask(command({.index = i, .pid = pids.back(), .rank = ranks[i], .leaf = own})) == "done");
  }
  show.lose_all_engines();
  CHECK(show.exit_code() == wire::engine_lost);
  std::ostringstream order;
  for (const int i : {1, 3, 0, 2})
    order << pids[static_cast<std::size_t>(i)] << '\n';
  CHECK(read_file(told, 4096).value() == order.str());
}

TEST_CASE("last stop: the door is closed before anything is stopped") {
  PuppetShow show;
  const std::string flag = show.scratch() / "open";
  std::ofstream(flag) << "";
  const std::string leaf = show.make_leaf("a");
  const int stubborn = show.spawn("stubborn " + leaf);
  show.ask(command({.pid = stubborn, .wait_ms = 20'000, .leaf = leaf}));
  show.ask("door " + flag);
  show.lose_all_engines();
  CHECK(comes_true([&] { return !std::filesystem::exists(flag); }));
  // It ignores SIGTERM, and its time is not over yet.
  CHECK(!state_of(stubborn).empty());
  REQUIRE(::kill(stubborn, SIGKILL) == 0);
  CHECK(show.exit_code() == wire::engine_lost);
}

TEST_CASE("last stop: a door that is closed already is no trouble") {
  PuppetShow show;
  show.ask("door " + show.scratch() / "open");
  show.lose_all_engines();
  CHECK(show.exit_code() == wire::engine_lost);
}

TEST_CASE("last stop: who does not answer is killed when its time is over, and all of the tree at last") {
  PuppetShow show;
  const std::string stack = show.make_leaf("stack");
  const std::string leaf = show.make_leaf("stack/a");
  const std::string unknown = show.make_leaf("stack/unknown");
  const int stubborn = show.spawn("stubborn " + leaf);
  const int left_over = show.spawn("stubborn " + leaf);
  const int nobodys = show.spawn("stubborn " + unknown);
  show.ask(command({.pid = stubborn, .wait_ms = 100, .leaf = leaf}));
  show.ask("stack " + stack);
  const auto begun = std::chrono::steady_clock::now();
  show.lose_all_engines();
  CHECK(show.exit_code() == wire::engine_lost);
  CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(100));
  CHECK(is_empty(stack));
  for (const int pid : {stubborn, left_over, nobodys})
    CHECK(state_of(pid).empty());
}

TEST_CASE("last stop: leftovers of a main process that obeys are killed without its wait") {
  PuppetShow show;
  const std::string leaf = show.make_leaf("a");
  const int obedient = show.spawn("pause " + leaf);
  show.spawn("stubborn " + leaf);
  show.ask(command({.pid = obedient, .leaf = leaf}));
  const auto begun = std::chrono::steady_clock::now();
  show.lose_all_engines();
  CHECK(show.exit_code() == wire::engine_lost);
  CHECK(is_empty(leaf));
  CHECK(std::chrono::steady_clock::now() - begun < soon);
}

TEST_CASE("last stop: a row without a process, or whose process is gone, is not waited for") {
  PuppetShow show;
  const int gone = show.spawn("spawn exit 0");
  show.ask(command({.index = 0, .pid = 0, .rank = 2, .leaf = show.make_leaf("a")}));
  show.ask(command({.index = 1, .pid = gone, .rank = 1, .leaf = show.make_leaf("b")}));
  show.ask(command({.index = 2, .pid = 0, .rank = 0, .leaf = "/nonexistent"}));
  const auto begun = std::chrono::steady_clock::now();
  show.lose_all_engines();
  CHECK(show.exit_code() == wire::engine_lost);
  CHECK(std::chrono::steady_clock::now() - begun < soon);
}

TEST_CASE("last stop: a main process that dies while another's leaf is cleared is known to be gone") {
  PuppetShow show;
  const std::string leaf = show.make_leaf("a");
  show.ask(command({.index = 0, .pid = 0, .rank = 9, .leaf = leaf}));
  // All of them die of the kill of the first rank's leaf.
  for (int i = 1; i <= 20; ++i)
    show.ask(command({.index = i, .pid = show.spawn("stubborn " + leaf), .rank = 1, .leaf = leaf}));
  const auto begun = std::chrono::steady_clock::now();
  show.lose_all_engines();
  CHECK(show.exit_code() == wire::engine_lost);
  CHECK(std::chrono::steady_clock::now() - begun < soon);
}
