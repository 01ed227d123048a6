#include "stack_under_test.h"

#include "engine_host.h"

#include "anchor/anchor.h"
#include "base/file.h"
#include "support/catch.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* directory_variable = "HOLDFAST_TEST_DIRECTORY";
constexpr const char* cgroup_variable = "HOLDFAST_TEST_CGROUP";

/// In the anchor's process.
int run_anchor(const Place& place, const std::string& test) {
  const Fd out(::open((place / "out").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (::dup2(out.get(), 1) < 0 || ::dup2(out.get(), 2) < 0) return 64;
  ::setenv(directory_variable, place.directory().c_str(), 1);
  ::setenv(cgroup_variable, place.cgroup().c_str(), 1);
  ::setenv("NOTIFY_SOCKET", (place / "manager").c_str(), 1);
  if (!linux_os::move_into(place.cgroup(), ::getpid())) return 65;
  auto anchor = anchor::Anchor::start({HOLDFAST_TEST_SELF, {test}});
  return anchor ? anchor.value().run() : 66;
}

std::string contents(const std::string& path) {
  auto text = read_file(path, 64U << 20U);
  return text ? std::move(text).value() : std::string();
}

/// For a test that failed: the last of what the daemon wrote.
std::string last_words(const Place& place) {
  constexpr std::size_t most = 4000;
  const std::string all = contents(place / "told") + contents(place / "out");
  return "the daemon's last words:\n" + all.substr(all.size() - std::min(all.size(), most));
}

} // namespace

Place::Place() {
  if (const char* const directory = std::getenv(directory_variable)) {
    directory_ = directory;
    cgroup_ = std::getenv(cgroup_variable);
    return;
  }
  own_directory_ = std::make_unique<Scratch>();
  own_cgroup_ = std::make_unique<TestCgroup>();
  directory_ = own_directory_->path();
  cgroup_ = own_cgroup_->path();
}

std::vector<std::string> Place::program(std::vector<std::string> words) {
  words.insert(words.begin(), HOLDFAST_TEST_SERVICE);
  return words;
}

model::ServiceSpec Place::service(std::string name, std::vector<std::string> words) {
  model::ServiceSpec spec;
  spec.name = std::move(name);
  spec.program.command = program(std::move(words));
  spec.program.user = "root";
  spec.ready.running = 0s;
  spec.restart.delay = spec.restart.up_to = 1ms;
  spec.restart.jitter_percent = 0;
  spec.restart.budget = 1000;
  spec.timestamps = false;
  return spec;
}

model::StackSpec Place::stack(std::vector<model::ServiceSpec> services) const {
  model::StackSpec spec;
  spec.name = "test";
  spec.runtime = directory_ + "/run";
  spec.state = directory_ + "/state";
  spec.log_directory = directory_ + "/log";
  spec.start_at_once = 8;
  spec.services = std::move(services);
  spec.stop_within = model::longest_stop(spec) + 10s;
  return spec;
}

StackUnderTest::StackUnderTest(const Place& place, const model::StackSpec& spec,
                               const model::StackSpec& reloaded, Manager manager)
    : place_(place) {
  if (place.is_engine()) be_the_engine(spec, reloaded, place.directory(), place.cgroup());
  if (manager == Manager::listens) manager_.emplace(place / "manager");
  const std::string test = Catch::getResultCapture().getCurrentTestName();
  anchor_.emplace([&] { return run_anchor(place, test); });
}

std::string StackUnderTest::told() const {
  return contents(place_ / "told");
}

bool StackUnderTest::stays_ready(const std::string& service) const {
  const std::string text = told();
  const std::string leaves = service + " 1 ready>";
  for (auto at = text.find(leaves); at != std::string::npos; at = text.find(leaves, at + 1))
    if (text.compare(at + leaves.size(), 6, "ready ") != 0) return false;
  return true;
}

bool StackUnderTest::tells(const std::string& text) const {
  const bool told_it = comes_true([&] { return told().find(text) != std::string::npos; });
  if (!told_it) UNSCOPED_INFO("waited for \"" << text << "\"; " << last_words(place_));
  return told_it;
}

void StackUnderTest::ask(const std::string& command) const {
  const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (place_ / "ask").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::sendto(fd.get(), command.data(), command.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                   sizeof address) > 0);
}

int StackUnderTest::engine() const {
  for (const int pid : linux_os::pids_below(place_.cgroup() + "/supervisor"))
    if (pid != anchor()) return pid;
  return 0;
}

void StackUnderTest::lose_engines() const {
  REQUIRE(replace_file(place_ / "no-engine", "", 0600));
  REQUIRE(::kill(engine(), SIGKILL) == 0);
}

std::string StackUnderTest::leaf(const std::string& service, int run) const {
  return place_.cgroup() + "/stack/" + service + "/" + std::to_string(run);
}

std::vector<int> StackUnderTest::pids(const std::string& service, int run) const {
  return linux_os::pids_below(leaf(service, run));
}

std::string StackUnderTest::log(const std::string& service) const {
  return contents(place_ / "log/" + service + ".log");
}

void StackUnderTest::reload() const {
  REQUIRE(::kill(anchor(), SIGHUP) == 0);
}

std::string StackUnderTest::output() const {
  return contents(place_ / "out");
}

void StackUnderTest::terminate() const {
  REQUIRE(::kill(anchor(), SIGTERM) == 0);
}

int StackUnderTest::exit_code() {
  if (!comes_true([&] { return is_zombie(anchor()); })) {
    UNSCOPED_INFO(last_words(place_));
    return -1;
  }
  const int status = anchor_->wait();
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool StackUnderTest::ends_well() {
  terminate();
  const int code = exit_code();
  if (code != 0) UNSCOPED_INFO("exit code " << code << "; " << last_words(place_));
  return code == 0 && !std::filesystem::exists(place_.cgroup() + "/stack");
}

} // namespace holdfast::test
