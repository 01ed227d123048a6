// The engine has too little of something: memory, descriptors, room on the disk of its state.

#include "chaos/judged_stack.h"
#include "chaos/run_record.h"
#include "chaos/starved.h"
#include "support/catch.h"
#include "support/mounts.h"
#include "support/unix_client.h"
#include "wire/control.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

using namespace holdfast::test;

namespace {

/// Ends the present run of `mortal`, so that something has to be started.
void end_a_run(const JudgedStack& judged) {
  const auto runs = runs_of(judged.place().records(), "mortal");
  if (!runs.empty() && runs.back().end == RunEnd::none && runs.back().pid != 0)
    ::kill(static_cast<pid_t>(runs.back().pid), SIGUSR1);
}

/// Requests as long as they may be, each on a connection of its own that stays open, and none complete.
std::vector<std::unique_ptr<UnixClient>> long_requests(const JudgedStack& judged, int count) {
  const std::string socket = judged.place().directory() / "run/control.sock";
  std::vector<std::unique_ptr<UnixClient>> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<UnixClient>(socket));
    clients.back()->send(std::string(holdfast::wire::longest_request - 1, 'x'));
  }
  return clients;
}

void fill_up(const std::string& path) {
  const holdfast::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const std::string block(4096, 'x');
  ssize_t n = 0;
  do
    n = ::write(file.get(), block.data(), block.size());
  while (n > 0);
  REQUIRE(errno == ENOSPC);
}

} // namespace

TEST_CASE("no memory is left in the engine: it goes on or another one does and nobody notices", "[starved]") {
  JudgedStack judged;
  const std::uint32_t number = judged.watch().wait_adopted();
  {
    const pid_t engine = judged.watch().engine();
    const LoweredLimit limit(engine, RLIMIT_AS, address_space(engine));
    for (int i = 0; i < 20 && judged.watch().number() == number; ++i) {
      end_a_run(judged);
      const auto clients = long_requests(judged, 10);
      CHECK(entry_of(judged.stack().status(), "stamped").phase == "ready");
    }
  }
  judged.watch().wait_adopted();
  judged.do_each();
  judged.judge();
  CHECK(judged.end() == "");
}

TEST_CASE("no descriptor is left in the engine: it waits without haste and goes on", "[starved]") {
  JudgedStack judged;
  const std::uint32_t number = judged.watch().wait_adopted();
  {
    const pid_t engine = judged.watch().engine();
    const LoweredLimit limit(engine, RLIMIT_NOFILE, 5); // the lowest are taken
    const UnixClient client(judged.place().directory() / "run/control.sock");
    end_a_run(judged);
    const std::uint64_t before = processor_time(engine);
    // Nothing tells that something does not happen: so long it may not be busy with it.
    constexpr auto time = 2s;
    ::poll(nullptr, 0, static_cast<int>(Milliseconds(time).count()));
    const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK) * time.count());
    if (judged.watch().number() == number) CHECK(processor_time(engine) - before < ticks / 2);
  }
  judged.watch().wait_adopted();
  judged.do_each();
  judged.judge();
  CHECK(judged.end() == "");
}

TEST_CASE("the disk of the state is full while engines die: nobody notices", "[starved]") {
  std::string state;
  JudgedStack judged("", [&](const ChaosPlace& place) {
    state = place.directory() / "state";
    mount_at(state, {"-t", "tmpfs", "-o", "size=1m,mode=0750", "none"});
  });
  fill_up(state + "/filler");
  for (int i = 0; i < 5; ++i) {
    const std::uint32_t number = judged.watch().wait_adopted();
    REQUIRE(judged.watch().send(SIGKILL));
    judged.watch().wait_adopted(number + 1);
    judged.do_each();
    judged.judge();
  }
  REQUIRE(::unlink((state + "/filler").c_str()) == 0);
  judged.do_each();
  judged.judge();
  CHECK(judged.end() == "");
  unmount(state);
}
