// The engine's part in an upgrade, with the test in the place of the anchor.

#include "engine/upgrade.h"

#include "base/file.h"
#include "linux/memory_file.h"
#include "stack_under_test.h"
#include "support/catch.h"
#include "support/scratch.h"
#include "wire/held.h"

#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace holdfast;
using namespace holdfast::test;
using engine::Upgraded;

namespace {

struct Said {
  wire::ToAnchor kind{};
  std::int32_t value = 0;
  Fd descriptor;
};

/// An upgrade and the anchor's end of its socket.
class Asked {
public:
  Asked() {
    int ends[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    anchor_ = Fd(ends[0]);
    link_.emplace(loop_, ends[1],
                  engine::AnchorLink::Handlers{
                      .exited = [](int, model::ExitStatus) {},
                      .signalled = [](int) {},
                      .not_upgraded = [this](const std::optional<model::ExitStatus>& trial,
                                             int error) { upgrade_->not_upgraded(trial, error); },
                      .gone = [] {}});
    upgrade_.emplace(*link_, life_, engine::Upgrade::Programs{.anchor = anchor(), .engine = engine()});
    for (const std::string& program : {anchor(), engine()})
      REQUIRE(replace_file(program, "#!/bin/sh\n", 0755).ok());
    for (auto& memory : memories_) {
      memory = linux_os::make_memory_file("test", 8192).value();
      memory->set(0, static_cast<std::uint64_t>(&memory - memories_) + 1);
    }
  }

  [[nodiscard]] std::string anchor() const { return scratch_ / "holdfast-anchor"; }
  [[nodiscard]] std::string engine() const { return scratch_ / "holdfast-engine"; }
  [[nodiscard]] linux_os::SharedMemory& memory(std::size_t n) { return *memories_[n]; }
  [[nodiscard]] wire::EngineLife& life() { return life_; }
  [[nodiscard]] engine::Upgrade& upgrade() { return *upgrade_; }

  Status begin(bool has_state = true) {
    return upgrade_->begin({.state = has_state ? memories_[0]->fd() : -1,
                            .configuration = memories_[1]->fd(),
                            .events = memories_[2]->fd()},
                           [this](std::string why) { refusals.push_back(std::move(why)); });
  }
  /// Why it did not begin.
  std::string refused(bool has_state = true) {
    const auto begun = begin(has_state);
    return begun ? "it began" : begun.error().what;
  }

  /// All that the anchor was told since the last time.
  std::vector<Said> told() {
    std::vector<Said> all;
    wire::EngineRecord record;
    wire::Attached attached;
    while (wire::receive_from_engine(anchor_.get(), record, attached) == wire::Heard::record)
      all.push_back({record.kind, record.value, Fd(attached.descriptor)});
    return all;
  }

  /// A trial that writes this and ends so. What is told of it.
  std::string end_trial(const std::string& output, int code, int status) {
    REQUIRE(begin());
    const auto asked = told();
    const int to = asked.back().descriptor.get();
    REQUIRE(::write(to, output.data(), output.size()) == static_cast<ssize_t>(output.size()));
    REQUIRE(wire::send_record(anchor_.get(),
                              {.kind = wire::FromAnchor::not_upgraded, .code = code, .status = status}));
    loop_.restart();
    while (refusals.empty())
      loop_.run_one();
    const std::string why = refusals.front();
    refusals.clear();
    return why;
  }

  std::vector<std::string> refusals;

private:
  Scratch scratch_;
  boost::asio::io_context loop_;
  Fd anchor_;
  wire::EngineLife life_{};
  std::unique_ptr<linux_os::SharedMemory> memories_[3];
  std::optional<engine::AnchorLink> link_;
  std::optional<engine::Upgrade> upgrade_;
};

ino_t file_of(int descriptor) {
  struct stat info {};
  REQUIRE(::fstat(descriptor, &info) == 0);
  return info.st_ino;
}

ino_t file_of(const std::string& path) {
  const Fd file(::open(path.c_str(), O_PATH | O_CLOEXEC));
  return file_of(file.get());
}

/// What stands there as the first number.
std::uint64_t number_in(int memory) {
  std::uint64_t number = 0;
  REQUIRE(::pread(memory, &number, sizeof number, 0) == sizeof number);
  return number;
}

/// What is held, but for what is dropped again.
std::vector<std::int32_t> held_of(const std::vector<Said>& told) {
  std::vector<std::int32_t> held;
  for (const Said& said : told) {
    if (said.kind == wire::ToAnchor::hold) held.push_back(said.value);
    if (said.kind == wire::ToAnchor::drop) std::erase(held, said.value);
  }
  return held;
}

} // namespace

TEST_CASE("upgrade: the installed programs and copies of the memories are left and then tried") {
  Asked asked;
  REQUIRE(asked.begin());
  asked.memory(0).set(0, 17);
  const auto told = asked.told();
  REQUIRE(told.size() == 6);
  CHECK(held_of(told) == std::vector<std::int32_t>{wire::next_anchor_slot, wire::next_engine_slot,
                                                   wire::trial_state_slot, wire::trial_configuration_slot,
                                                   wire::trial_events_slot});
  CHECK(file_of(told[0].descriptor.get()) == file_of(asked.anchor()));
  CHECK(file_of(told[1].descriptor.get()) == file_of(asked.engine()));
  for (std::size_t i = 0; i < 3; ++i) {
    const int copy = told[2 + i].descriptor.get();
    CHECK(number_in(copy) == i + 1);
    CHECK(file_of(copy) != file_of(asked.memory(i).fd()));
  }
  CHECK(told[5].kind == wire::ToAnchor::upgrade);
  CHECK(told[5].descriptor.valid());
  CHECK(asked.refusals.empty());
}

TEST_CASE("upgrade: how a trial ended that was not passed is told in words") {
  Asked asked;
  CHECK(asked.end_trial("", CLD_EXITED, 1) ==
        "the next build did not pass its trial: exit code 1; nothing was changed");
  CHECK(asked.end_trial("", CLD_EXITED, 0) ==
        "the next build did not pass its trial: exit code 0; nothing was changed");
  CHECK(asked.end_trial("", CLD_DUMPED, SIGSEGV) ==
        "the next build did not pass its trial: ended by SIGSEGV; nothing was changed");
  CHECK(asked.end_trial("", CLD_KILLED, SIGKILL) ==
        "the next build was not ready in time; nothing was changed");
  CHECK(asked.end_trial("", 0, EAGAIN) ==
        "the next build cannot be tried: Resource temporarily unavailable; nothing was changed");
}

TEST_CASE("upgrade: the last line that a trial printed is told and does no harm") {
  Asked asked;
  const auto said = [&](const std::string& output) {
    const std::string why = asked.end_trial(output, CLD_EXITED, 1);
    const std::string begin = "the next build did not pass its trial: exit code 1";
    const std::string end = "; nothing was changed";
    REQUIRE(why.size() >= begin.size() + end.size());
    CHECK(why.substr(0, begin.size()) == begin);
    CHECK(why.substr(why.size() - end.size()) == end);
    return why.substr(begin.size(), why.size() - begin.size() - end.size());
  };
  CHECK(said("first\nformat 9, this build reads 8\n") == " (format 9, this build reads 8)");
  CHECK(said("without an end") == " (without an end)");
  CHECK(said("the last\n\n  \n") == " (the last)");
  CHECK(said("\n \n").empty());
  CHECK(said("\x1b[31mred\x1b[0m\a\n") == " ([31mred[0m)");
  CHECK(said("caf\xc3\xa9\n") == " (caf\xc3\xa9)");
  CHECK(said("\xff\xfe bytes\n") == " (?? bytes)");
  CHECK(said("before\n" + std::string(5000, 'x') + "\n") == " (" + std::string(1023, 'x') + ")");
}

TEST_CASE("upgrade: a second one waits for the end of the first") {
  Asked asked;
  REQUIRE(asked.begin());
  static_cast<void>(asked.told());
  CHECK(asked.refused() == "an upgrade is under way");
  CHECK(asked.told().empty());
  asked.upgrade().not_upgraded(std::nullopt, EBUSY);
  CHECK(asked.refusals.size() == 1);
  // Told once.
  asked.upgrade().not_upgraded(std::nullopt, EBUSY);
  CHECK(asked.refusals.size() == 1);
  CHECK(asked.begin().ok());
  CHECK(asked.told().size() == 6);
}

TEST_CASE("upgrade: what cannot begin leaves nothing behind and can be asked for again") {
  Asked asked;
  const auto is_clean = [&] {
    const auto told = asked.told();
    CHECK(held_of(told).empty());
    for (const Said& said : told)
      CHECK(said.kind != wire::ToAnchor::upgrade);
  };
  SECTION("a program is missing") {
    std::filesystem::remove(asked.engine());
    CHECK(asked.refused() == asked.engine() + ": No such file or directory");
    is_clean();
    REQUIRE(replace_file(asked.engine(), "#!/bin/sh\n", 0755).ok());
  }
  SECTION("a program is not executable") {
    REQUIRE(::chmod(asked.engine().c_str(), 0644) == 0);
    CHECK(asked.refused() == asked.engine() + ": it is no program");
    is_clean();
    REQUIRE(::chmod(asked.engine().c_str(), 0755) == 0);
  }
  SECTION("a directory is in its place") {
    std::filesystem::remove(asked.anchor());
    std::filesystem::create_directory(asked.anchor());
    CHECK(asked.refused() == asked.anchor() + ": it is no program");
    is_clean();
    std::filesystem::remove(asked.anchor());
    REQUIRE(replace_file(asked.anchor(), "#!/bin/sh\n", 0755).ok());
  }
  SECTION("a memory cannot be copied") {
    CHECK(asked.refused(false) == "stat memory: Bad file descriptor");
    is_clean();
  }
  CHECK(asked.refusals.empty());
  CHECK(asked.begin().ok());
}

TEST_CASE("upgrade: what came of it stands in the shared table") {
  Asked asked;
  const std::vector<std::pair<wire::Upgrade, Upgraded>> outcomes = {
      {wire::Upgrade::none, Upgraded::none},        {wire::Upgrade::refused, Upgraded::none},
      {wire::Upgrade::trying, Upgraded::under_way}, {wire::Upgrade::taking_over, Upgraded::done},
      {wire::Upgrade::done, Upgraded::done},        {wire::Upgrade::gone_back, Upgraded::gone_back}};
  for (const auto& [stands, told] : outcomes) {
    asked.life().upgrade = stands;
    CHECK(asked.upgrade().outcome() == told);
  }
}

TEST_CASE("upgrade: what an operator asked for in vain is told in the events and changes nothing") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"})}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  const auto a = stack.pids("a", 1);
  const int engine = stack.engine();
  const auto is_refused = [&](const std::string& why) {
    stack.ask("upgrade");
    CHECK(stack.tells("not upgraded: " + why));
    CHECK(stack.tells("no upgrade: " + why));
  };
  is_refused(place / "next-anchor: No such file or directory; nothing was changed");
  for (const char* next : {"next-anchor", "next-engine"})
    std::filesystem::copy_file("/bin/false", place / next);
  is_refused("the next build did not pass its trial: exit code 1; nothing was changed");
  CHECK(stack.told().find("an upgrade was asked for by the test: the build that is installed is tried") !=
        std::string::npos);
  CHECK(stack.engine() == engine);
  CHECK(stack.pids("a", 1) == a);
  CHECK(stack.ends_well());
}
