#include "engine/kept_configuration.h"

#include "support/catch.h"

#include <csignal>
#include <memory>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace holdfast;
using engine::KeptConfiguration;

namespace {

config::KeptFiles files_with(const std::string& text) {
  config::KeptFiles kept;
  kept.file = "/f";
  kept.sources.push_back(std::make_shared<config::Source>(config::Source{.path = "/f", .text = text}));
  return kept;
}

std::string text_in(const KeptConfiguration& kept, std::uint64_t number) {
  const auto files = kept.read(number);
  return files ? files.value().sources.at(0)->text : files.error().what;
}

std::string text_in_force(const KeptConfiguration& kept) {
  return text_in(kept, kept.in_force());
}

KeptConfiguration made(const std::string& text) {
  auto kept = KeptConfiguration::make(files_with(text));
  REQUIRE(kept.ok());
  return std::move(kept).value();
}

/// As the next engine has it.
KeptConfiguration next_of(const KeptConfiguration& kept) {
  auto again = KeptConfiguration::open(Fd(::dup(kept.memory())));
  REQUIRE(again.ok());
  return std::move(again).value();
}

bool is_at_call(pid_t process, std::uint64_t number) {
  __ptrace_syscall_info info{};
  ::ptrace(PTRACE_GET_SYSCALL_INFO, process, sizeof info, &info);
  return info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == number;
}

/// Lets a process of its own do `act`, and calls `look` after each of its instructions: all that whoever
/// comes after its death could find. Until it asks for memory it writes nowhere but into its own: so far each
/// system call is enough.
template <typename Act, typename Look>
void at_each_instruction(Act act, Look look) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    act();
    ::_exit(0);
  }
  REQUIRE(child > 0);
  int status = 0;
  bool writes = false;
  while (::waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    look();
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    writes = writes || is_at_call(child, SYS_fallocate);
    ::ptrace(writes ? PTRACE_SINGLESTEP : PTRACE_SYSCALL, child, nullptr, nullptr);
  }
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

} // namespace

TEST_CASE("kept configuration: the next engine has what is in force") {
  const auto kept = made("one");
  const auto next = next_of(kept);
  CHECK(text_in_force(next) == "one");
  CHECK(next.prepared() == 0);
}

TEST_CASE("kept configuration: what is prepared is in force when that is said and not before") {
  auto kept = made("one");
  const auto number = kept.prepare(files_with("two"));
  REQUIRE(number.ok());
  const auto next = next_of(kept);
  CHECK(text_in_force(next) == "one");
  CHECK(next.prepared() == number.value());
  CHECK(text_in(next, number.value()) == "two");
  kept.put_in_force(number.value());
  CHECK(text_in_force(next) == "two");
  // A reload that was interrupted between both: the one before is there still.
  CHECK(text_in(next, next.prepared()) == "one");
}

TEST_CASE("kept configuration: another preparation takes the place of one that was refused") {
  auto kept = made("one");
  const auto refused = kept.prepare(files_with("refused"));
  const auto number = kept.prepare(files_with("two"));
  REQUIRE((refused.ok() && number.ok()));
  CHECK(number.value() != refused.value());
  CHECK(kept.prepared() == number.value());
  CHECK(text_in(kept, refused.value()) ==
        "the kept configuration: number " + std::to_string(refused.value()) + " is not there");
}

TEST_CASE("kept configuration: of any size, and the memory does not grow with each") {
  auto kept = made("first");
  off_t largest = 0;
  for (const std::size_t size :
       {100U, 100'000U, 10U, 150'000U, 150'000U, 20U, 200'000U, 200'000U, 200'000U}) {
    const std::string text(size, 'x');
    const auto number = kept.prepare(files_with(text));
    REQUIRE(number.ok());
    kept.put_in_force(number.value());
    const bool same = text_in_force(next_of(kept)) == text;
    CHECK(same);
    largest = std::max(largest, ::lseek(kept.memory(), 0, SEEK_END));
  }
  CHECK(largest < 700'000);
}

TEST_CASE("kept configuration: whole after each instruction of a reload") {
  auto kept = made("one");
  const auto next = next_of(kept);
  int before = 0;
  int after = 0;
  int prepared = 0;
  int neither = 0;
  at_each_instruction(
      [&] {
        const auto number = kept.prepare(files_with("two"));
        if (!number) ::_exit(1);
        kept.put_in_force(number.value());
      },
      [&] {
        const std::string text = text_in_force(next);
        before += text == "one" ? 1 : 0;
        after += text == "two" ? 1 : 0;
        neither += text != "one" && text != "two" ? 1 : 0;
        if (text != "one" || next.prepared() == 0) return;
        // What is said to be prepared is so.
        ++prepared;
        neither += text_in(next, next.prepared()) != "two" ? 1 : 0;
      });
  CHECK(neither == 0);
  CHECK(before > 50);
  CHECK(prepared > 0);
  CHECK(after > 0);
  CHECK(text_in_force(next) == "two");
}

TEST_CASE("kept configuration: without memory for another one the one in force stays") {
  auto kept = made("one");
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 100'000, .rlim_max = 100'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(kept.prepare(files_with(std::string(200'000, 'x'))).ok() ? 0 : 7);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 7);
  const auto next = next_of(kept);
  CHECK(text_in_force(next) == "one");
  CHECK(next.prepared() == 0);
}

TEST_CASE("kept configuration: what is no such memory or damaged is refused in words") {
  const auto kept = made("one");
  const int memory = kept.memory();
  SECTION("its contents") {
    REQUIRE(::pwrite(memory, "#", 1, 4096 + 40) == 1);
    CHECK(text_in_force(next_of(kept)) == "the kept configuration: it is damaged: its checksum is another");
  }
  SECTION("its end") {
    REQUIRE(::ftruncate(memory, 4096 + 10) == 0);
    CHECK(text_in_force(next_of(kept)) == "the kept configuration: it ends too early");
  }
  SECTION("its head") {
    REQUIRE(::ftruncate(memory, 100) == 0);
    const auto again = KeptConfiguration::open(Fd(::dup(memory)));
    REQUIRE_FALSE(again.ok());
    CHECK(again.error().what == "the kept configuration: it ends within its head");
  }
  SECTION("what it is") {
    REQUIRE(::pwrite(memory, "?", 1, 6) == 1);
    const auto again = KeptConfiguration::open(Fd(::dup(memory)));
    REQUIRE_FALSE(again.ok());
    CHECK(again.error().what == "the kept configuration: it is something else, or of another format");
  }
}
