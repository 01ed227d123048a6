// An engine that is killed, and the one that comes back: to the services nothing has happened.

#include "stack_under_test.h"

#include "base/fd.h"
#include "support/catch.h"
#include "wire/last_stop.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <utility>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* is_back = "another one is here after";

std::size_t times_back(const StackUnderTest& stack) {
  const std::string told = stack.told();
  std::size_t count = 0;
  for (auto at = told.find(is_back); at != std::string::npos; at = told.find(is_back, at + 1))
    ++count;
  return count;
}

bool comes_back_again(const StackUnderTest& stack, std::size_t times = 1) {
  const bool is_there = comes_true([&] { return times_back(stack) >= times; });
  if (!is_there) UNSCOPED_INFO(stack.output());
  return is_there;
}

/// Nobody starts an engine until this is gone, and there is none.
class NoEngine {
public:
  explicit NoEngine(const StackUnderTest& stack) : anchor_(stack.anchor()) {
    const int engine = stack.engine();
    ::kill(anchor_, SIGSTOP);
    ::kill(engine, SIGKILL);
    REQUIRE(comes_true([&] { return is_zombie(engine); }));
  }
  ~NoEngine() { ::kill(anchor_, SIGCONT); }
  NoEngine(const NoEngine&) = delete;
  NoEngine& operator=(const NoEngine&) = delete;

  /// As if it had not taken over, and the one before it neither: the next one does not read the saved state.
  void was_the_second_in_a_row() const {
    wire::LastStopTable& table = shared_table();
    table.life.adopted = 0;
    table.anchor.early_deaths = 1;
  }

  /// As if the row of the first service were that of a run that is not there.
  void left_a_row_of_another_run() const {
    auto& leaf = shared_table().rows[0].leaf;
    leaf[std::string_view(leaf.data()).size() - 1] = '0';
  }

private:
  [[nodiscard]] wire::LastStopTable& shared_table() const {
    const std::filesystem::path descriptors = "/proc/" + std::to_string(anchor_) + "/fd";
    for (const auto& entry : std::filesystem::directory_iterator(descriptors)) {
      if (!std::filesystem::read_symlink(entry.path()).string().starts_with("/memfd:holdfast-last-stop"))
        continue;
      const Fd memory(::open(entry.path().c_str(), O_RDWR | O_CLOEXEC));
      auto table = wire::map_last_stop(memory.get());
      REQUIRE(table.ok());
      return *table.value();
    }
    throw std::runtime_error("the anchor has no memory that it shares with its engine");
  }

  int anchor_;
};

/// But for the logs: whose log is open already depends on who had something to write.
std::ptrdiff_t open_in(int pid) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
  return std::count_if(begin(all), end(all), [](const auto& entry) {
    std::error_code closed_meanwhile;
    return !std::filesystem::read_symlink(entry.path(), closed_meanwhile).string().ends_with(".log");
  });
}

/// When it does not change any more: what is made ahead is made after the word that an engine is there.
std::ptrdiff_t settled_open_in(int pid) {
  constexpr int enough = 20;
  std::ptrdiff_t count = 0;
  int looks = 0;
  const bool is_settled = comes_true([&] {
    const std::ptrdiff_t now = open_in(pid);
    looks = std::exchange(count, now) == now ? looks + 1 : 0;
    return looks == enough;
  });
  CHECK(is_settled);
  return count;
}

/// One that runs and never accepts: whoever connects waits in the queue.
model::ServiceSpec listener(const std::string& path) {
  auto service = Place::service("a", {"run"});
  service.program.sockets = {{.name = "web", .address = "unix:" + path, .group = {}}};
  return service;
}

/// One that says STATUS=still waiting when the program that writes `file` asks it to stop, and goes on.
model::ServiceSpec stopped_by_program(const std::string& file) {
  auto service = Place::service("a", {"quiet"});
  service.ready.kind = model::ProbeKind::notify;
  service.stop = {{.signal = 0, .to_all = false, .exec = Place::program({"stopper", file}), .wait = 1h}};
  return service;
}

/// Not one for whom the queue has no room.
bool is_refused(const std::string& path) {
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un peer{};
  peer.sun_family = AF_UNIX;
  path.copy(peer.sun_path, sizeof peer.sun_path - 1);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0) return false;
  return errno == ECONNREFUSED || errno == ENOENT;
}

/// Another one where the file was made anew.
ino_t file_number(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

} // namespace

TEST_CASE("coming back - no service notices and the next death of one is seen") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"}), Place::service("b", {"run"})}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  REQUIRE(stack.tells("b 1 starting>ready"));
  const auto a = stack.pids("a", 1);
  const auto b = stack.pids("b", 1);
  const int first = stack.engine();
  REQUIRE(::kill(first, SIGKILL) == 0);
  REQUIRE(stack.tells("the engine ended by SIGKILL; another one is here after"));
  CHECK(stack.told().find("2 runs go on") != std::string::npos);
  CHECK(stack.engine() != first);
  CHECK(stack.pids("a", 1) == a);
  CHECK(stack.pids("b", 1) == b);
  CHECK(stack.stays_ready("a"));
  CHECK(stack.stays_ready("b"));
  REQUIRE(::kill(a[0], SIGKILL) == 0);
  CHECK(stack.tells("a 2 starting>ready"));
  CHECK(stack.pids("b", 1) == b);
  CHECK(stack.ends_well());
}

TEST_CASE("coming back - what dies while no engine is there is accounted for") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"})}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  {
    const NoEngine none(stack);
    REQUIRE(::kill(stack.pids("a", 1)[0], SIGKILL) == 0);
  }
  CHECK(stack.tells("a 2 starting>ready"));
  CHECK(stack.told().find("ended by SIGKILL") != std::string::npos);
  CHECK(stack.ends_well());
}

TEST_CASE("coming back - a word of readiness that came while no engine was there is heard") {
  const Place place;
  auto a = Place::service("a", {"quiet"});
  a.ready.kind = model::ProbeKind::notify;
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells("a says waiting"));
  {
    const NoEngine none(stack);
    REQUIRE(::kill(stack.pids("a", 1)[0], SIGUSR2) == 0);
  }
  CHECK(stack.tells("a 1 starting>ready"));
  CHECK(stack.ends_well());
}

TEST_CASE("coming back - what an operator stopped stays down") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"}), Place::service("b", {"run"})}));
  REQUIRE(stack.tells("b 1 starting>ready"));
  stack.ask("stop a");
  REQUIRE(stack.tells("a 1 stopping>down"));
  REQUIRE(::kill(stack.engine(), SIGKILL) == 0);
  REQUIRE(comes_back_again(stack));
  stack.ask("restart b");
  REQUIRE(stack.tells("b 2 starting>ready"));
  CHECK(stack.told().find("a 2") == std::string::npos);
  stack.ask("start a");
  CHECK(stack.tells("a 2 starting>ready"));
  CHECK(stack.ends_well());
}

TEST_CASE("coming back - a stop that is under way goes on by its ladder") {
  const Place place;
  auto a = Place::service("a", {"ignore"});
  a.stop = {{.signal = SIGTERM, .to_all = false, .exec = {}, .wait = 2s}};
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  stack.ask("stop a");
  REQUIRE(stack.tells("a 1 ready>stopping"));
  REQUIRE(::kill(stack.engine(), SIGKILL) == 0);
  REQUIRE(comes_back_again(stack));
  CHECK(stack.tells("a 1 stopping>down"));
  CHECK(stack.ends_well());
}

TEST_CASE("coming back - a program that was to stop a run is not run again") {
  const Place place;
  const std::string file = place / "stopped";
  StackUnderTest stack(place, place.stack({stopped_by_program(file)}));
  REQUIRE(stack.tells("a says waiting"));
  stack.ask("stop a");
  REQUIRE(stack.tells("a says still waiting"));
  {
    const NoEngine none(stack);
    REQUIRE(std::filesystem::remove(file));
  }
  REQUIRE(comes_back_again(stack));
  REQUIRE(::kill(stack.pids("a", 1)[0], SIGKILL) == 0);
  CHECK(stack.ends_well());
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("coming back - a rung counts as done where the run's own row says so") {
  const Place place;
  const std::string file = place / "stopped";
  StackUnderTest stack(place, place.stack({stopped_by_program(file)}));
  REQUIRE(stack.tells("a says waiting"));
  stack.ask("stop a");
  REQUIRE(stack.tells("a says still waiting"));
  {
    const NoEngine none(stack);
    REQUIRE(std::filesystem::remove(file));
    none.left_a_row_of_another_run();
  }
  REQUIRE(comes_back_again(stack));
  CHECK(comes_true([&] { return std::filesystem::exists(file); }));
  REQUIRE(::kill(stack.pids("a", 1)[0], SIGKILL) == 0);
  CHECK(stack.ends_well());
}

TEST_CASE("coming back - an orderly end that was asked for goes on") {
  const Place place;
  auto a = Place::service("a", {"ignore"});
  a.stop = {{.signal = SIGTERM, .to_all = false, .exec = {}, .wait = 2s}};
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  stack.terminate();
  REQUIRE(stack.tells("a 1 ready>stopping"));
  REQUIRE(::kill(stack.engine(), SIGKILL) == 0);
  CHECK(stack.exit_code() == 0);
  CHECK_FALSE(std::filesystem::exists(place.cgroup() + "/stack"));
}

TEST_CASE("coming back - what a service writes is in its log whoever reads it") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"farewell", place / "bye"})}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  REQUIRE(::kill(stack.engine(), SIGKILL) == 0);
  REQUIRE(comes_back_again(stack));
  const std::string before = stack.log("a");
  stack.ask("stop a");
  REQUIRE(stack.tells("a 1 stopping>down"));
  CHECK(comes_true([&] { return stack.log("a").size() > before.size(); }));
  CHECK(stack.ends_well());
}

TEST_CASE("coming back - five deaths leave no descriptor behind and no service restarted") {
  const Place place;
  auto quiet = Place::service("quiet", {"notify"});
  quiet.ready.kind = model::ProbeKind::notify;
  StackUnderTest stack(place, place.stack({listener(place / "web"), quiet}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  REQUIRE(stack.tells("quiet 1 starting>ready"));
  const auto pids = stack.pids("a", 1);
  std::ptrdiff_t anchor = 0;
  std::ptrdiff_t engine = 0;
  // The anchor is in no hurry with one that dies again and again.
  constexpr std::size_t at_once = 5;
  for (std::size_t i = 1; i <= at_once; ++i) {
    REQUIRE(::kill(stack.engine(), SIGKILL) == 0);
    REQUIRE(comes_back_again(stack, i));
    const std::ptrdiff_t in_engine = settled_open_in(stack.engine());
    const std::ptrdiff_t in_anchor = settled_open_in(stack.anchor());
    if (i > 1) {
      CHECK(in_anchor == anchor);
      CHECK(in_engine == engine);
    }
    anchor = in_anchor;
    engine = in_engine;
  }
  CHECK(stack.pids("a", 1) == pids);
  CHECK(stack.stays_ready("a"));
  CHECK(stack.stays_ready("quiet"));
  CHECK(stack.ends_well());
}

TEST_CASE("coming back - the next run has the listening socket that an engine before left") {
  const Place place;
  const std::string path = place / "web";
  StackUnderTest stack(place, place.stack({listener(path)}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  const ino_t file = file_number(path);
  REQUIRE(file != 0);
  {
    const NoEngine none(stack);
    CHECK_FALSE(is_refused(path));
  }
  REQUIRE(comes_back_again(stack));
  stack.ask("restart a");
  REQUIRE(stack.tells("a 2 starting>ready"));
  CHECK(file_number(path) == file);
  CHECK_FALSE(is_refused(path));
  {
    const NoEngine none(stack);
    REQUIRE(::kill(stack.pids("a", 2)[0], SIGKILL) == 0);
    CHECK_FALSE(is_refused(path));
  }
  REQUIRE(stack.tells("a 3 starting>ready"));
  CHECK(file_number(path) == file);
  stack.ask("stop a");
  REQUIRE(stack.tells("a 3 stopping>down"));
  CHECK(is_refused(path));
  CHECK(file_number(path) == 0);
  CHECK(stack.ends_well());
}

TEST_CASE("coming back - nobody waits for a service that is not to run any more") {
  const Place place;
  const std::string path = place / "web";
  auto a = listener(path);
  a.enabled = false;
  a.restart.delay = a.restart.up_to = 1h;
  StackUnderTest stack(place, place.stack({a, Place::service("b", {"run"})}));
  REQUIRE(stack.tells("b 1 starting>ready"));
  stack.ask("start a");
  REQUIRE(stack.tells("a 1 starting>ready"));
  REQUIRE(::kill(stack.pids("a", 1)[0], SIGKILL) == 0);
  REQUIRE(stack.tells("a 1 ready>backoff"));
  REQUIRE_FALSE(is_refused(path));
  {
    const NoEngine none(stack);
    none.was_the_second_in_a_row();
  }
  REQUIRE(comes_back_again(stack));
  CHECK(comes_true([&] { return stack.output().find("the saved state is not read") != std::string::npos; }));
  CHECK(comes_true([&] { return is_refused(path); }));
  CHECK(file_number(path) == 0);
  CHECK(stack.ends_well());
}
