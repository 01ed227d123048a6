#include "engine/event_log.h"
#include "engine/state_memory.h"
#include "model/checksum.h"
#include "restless_stack.h"
#include "support/catch.h"
#include "support/deadline.h"

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <new>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

/// What the writer says of itself, in memory that outlives it.
struct Confession {
  std::atomic<std::uint32_t> before{0}; ///< the checksum of the state that is saved
  std::atomic<std::uint32_t> after{0};  ///< and of the one that it begins to save
  std::atomic<std::uint64_t> steps{0};  ///< since it began
  std::atomic<std::uint64_t> last_event{0};
};

std::uint32_t sum_of(const model::Stack& stack, const std::string& facts) {
  return model::checksum(facts, model::checksum(bytes_of(stack)));
}

Fd copy_of(int fd) {
  return Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

/// A life as that of an engine: step, save, and on. Never returns.
[[noreturn]] void live(StateMemory memory, EventLog log, RestlessStack life, Confession& confession) {
  for (std::uint64_t step = 1;; ++step) {
    const auto& changed = life.happen();
    EventRecord event;
    event.run = step;
    log.add(std::move(event));
    const std::string facts = std::to_string(log.last());
    confession.after.store(sum_of(life.stack(), facts));
    memory.set_facts(facts);
    if (!memory.save(life.stack(), changed)) ::_exit(2);
    confession.before.store(confession.after.load());
    confession.last_event.store(log.last());
    if (log.untold() != nullptr) log.told();
    confession.steps.store(step);
  }
}

/// Until it has made so many steps, then a little longer, so that it is killed anywhere.
void kill_after(pid_t child, const Confession& confession, std::uint64_t steps, std::uint64_t turns) {
  const Deadline deadline(30s);
  while (confession.steps.load() < steps && !deadline.passed())
    ::sched_yield();
  REQUIRE(confession.steps.load() >= steps);
  for (std::atomic<std::uint64_t> i = 0; i < turns;)
    ++i;
  REQUIRE(::kill(child, SIGKILL) == 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
}

} // namespace

TEST_CASE("state memory: engines that are killed one after the other lose no step") {
  constexpr int kills = 200;
  auto made = StateMemory::make();
  REQUIRE(made);
  RestlessStack first(5, 1);
  REQUIRE(made.value().save(first.stack(), {}));
  auto ring = EventRing::make();
  REQUIRE(ring);
  void* const shared =
      ::mmap(nullptr, sizeof(Confession), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(shared != MAP_FAILED);
  auto& confession = *new (shared) Confession;
  confession.before = confession.after = sum_of(first.stack(), "");
  std::mt19937_64 random(9);
  int unfinished = 0;
  std::uint64_t events = 0;
  for (int i = 0; i < kills; ++i) {
    INFO("kill " << i);
    // What the next engine finds in what it is handed.
    auto memory = StateMemory::open(copy_of(made.value().fd()));
    REQUIRE(memory);
    auto loaded = memory.value().load();
    REQUIRE(loaded);
    const std::uint32_t found = sum_of(loaded.value().stack, loaded.value().facts);
    CHECK((found == confession.before || found == confession.after));
    unfinished += confession.before != confession.after ? 1 : 0;
    auto events_found = EventRing::open(copy_of(ring.value().fd()));
    REQUIRE(events_found);
    EventLog log(std::move(events_found).value());
    CHECK(log.last() >= confession.last_event);
    CHECK(log.last() <= confession.last_event + 1);
    // Of a step that was not saved there is no event.
    events = loaded.value().facts.empty() ? 0 : std::stoull(loaded.value().facts);
    CHECK(log.last() >= events);
    log.take_back_after(events);
    CHECK(log.last() == events);

    confession.before = confession.after = found;
    confession.last_event = log.last();
    confession.steps = 0;
    const std::uint64_t seed = random();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
      live(std::move(memory).value(), std::move(log), RestlessStack(std::move(loaded.value().stack), seed),
           confession);
    kill_after(child, confession, 1 + random() % 20, random() % 20'000);
  }
  CHECK(events > kills);
  // Most were killed while they were at it.
  CHECK(unfinished > kills / 20);
  ::munmap(shared, sizeof(Confession));
}
