#include "engine/event_log.h"
#include "engine/state_memory.h"
#include "model/checksum.h"
#include "restless_stack.h"
#include "support/catch.h"
#include "support/sanitized.h"

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <new>
#include <string>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;

namespace {

/// What the writer says of itself, in memory that outlives it.
struct Confession {
  std::atomic<std::uint32_t> before{0}; ///< the checksum of the state that is saved
  std::atomic<std::uint32_t> after{0};  ///< and of the one that it begins to save
  std::atomic<std::uint64_t> last_event{0};
};

std::uint32_t sum_of(const model::Stack& stack, const std::string& facts) {
  return model::checksum(facts, model::checksum(bytes_of(stack)));
}

Fd copy_of(int fd) {
  return Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

/// A life as that of an engine: step, save, and on. At one save it stops, for whoever traces it to go on
/// with. Never returns.
[[noreturn]] void live(StateMemory memory, EventLog log, RestlessStack life, Confession& confession,
                       std::uint64_t stop_at) {
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  for (std::uint64_t step = 1;; ++step) {
    const auto& changed = life.happen();
    EventRecord event;
    event.run = step;
    log.add(std::move(event));
    const std::string facts = std::to_string(log.last());
    confession.after.store(sum_of(life.stack(), facts));
    if (step == stop_at) ::raise(SIGSTOP);
    memory.set_facts(facts);
    if (!memory.save(life.stack(), changed)) ::_exit(2);
    confession.before.store(confession.after.load());
    confession.last_event.store(log.last());
    if (log.untold() != nullptr) log.told();
  }
}

/// Whether the step whose save was begun is told as saved.
bool is_saved(const Confession& confession) {
  return confession.before == confession.after;
}

bool is_stopped(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFSTOPPED(status);
}

/// One instruction after the other, so many at most, or until the step is saved. Returns how many it were.
std::uint64_t advance(pid_t child, const Confession& confession, std::uint64_t most) {
  std::uint64_t made = 0;
  while (made < most && !is_saved(confession) && ::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0 &&
         is_stopped(child))
    ++made;
  return made;
}

void kill_and_reap(pid_t child) {
  REQUIRE(::kill(child, SIGKILL) == 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
}

} // namespace

TEST_CASE("state memory: engines that are killed one after the other lose no step") {
  constexpr int kills = rounds(100);
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
  std::uint64_t instructions = 0; ///< of a save
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
    unfinished += is_saved(confession) ? 0 : 1;
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
    const std::uint64_t seed = random();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
      live(std::move(memory).value(), std::move(log), RestlessStack(std::move(loaded.value().stack), seed),
           confession, 1 + random() % 20);
    REQUIRE(is_stopped(child));
    // The first shows how long a save is; it differs with what the step changed.
    const std::uint64_t stepped =
        advance(child, confession, i == 0 ? ~std::uint64_t{0} : random() % instructions);
    if (i == 0) instructions = stepped;
    REQUIRE(instructions > 0);
    kill_and_reap(child);
  }
  CHECK(events > kills);
  // Most were killed while they were at it.
  CHECK(unfinished > kills / 4);
  ::munmap(shared, sizeof(Confession));
}
