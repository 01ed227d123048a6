// A capture that is killed again and again at any moment, under services that write as fast as they can: in
// the end each line is once in a file, whole and in order.

#include "base/file.h"
#include "log_relay.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <map>
#include <poll.h>
#include <random>
#include <sys/eventfd.h>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

/// How often; HOLDFAST_LOG_KILLS for more.
int wanted_kills() {
  const char* const said = std::getenv("HOLDFAST_LOG_KILLS");
  return said == nullptr ? 500 : std::atoi(said);
}

/// "4711 xxxxx\n", with as many x as the number says.
std::size_t length_of_line(std::uint64_t number) {
  return number * 7919 % 200;
}

struct Ending {
  std::atomic<bool> asked;
  std::array<std::atomic<std::uint64_t>, 8> lines; ///< of each writer, when it is at its end
};

/// Lines as fast as the pipe takes them, in pieces that do not end where a line does.
int write_lines(const Fd& pipe, const Ending& ending, std::atomic<std::uint64_t>& lines) {
  constexpr std::size_t piece = 8192;
  std::string buffer;
  std::uint64_t number = 0;
  while (!ending.asked) {
    while (buffer.size() < piece) {
      buffer += std::to_string(number) + ' ';
      buffer.append(length_of_line(number), 'x').push_back('\n');
      ++number;
    }
    put(pipe, std::string_view(buffer).substr(0, piece));
    buffer.erase(0, piece);
  }
  put(pipe, buffer);
  lines = number;
  return 0;
}

/// Reads a service's files in their order and keeps count.
class LineCheck {
public:
  explicit LineCheck(bool timestamps) : timestamps_(timestamps) {}

  void look(std::string_view text) {
    bytes += text.size();
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      look_at_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  std::uint64_t expected = 0;
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t torn = 0;
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;

private:
  void look_at_line(std::string_view line) {
    if (timestamps_ && !is_stamped(line)) return void(++torn);
    if (timestamps_) line.remove_prefix(stamp_size);
    char* end = nullptr;
    const std::string digits(line.substr(0, line.find(' ')));
    const std::uint64_t number = std::strtoull(digits.c_str(), &end, 10);
    const bool is_whole = !digits.empty() && *end == '\0' && digits.size() < line.size() &&
                          line.size() - digits.size() - 1 == length_of_line(number) &&
                          line.find_first_not_of('x', digits.size() + 1) == std::string_view::npos;
    if (!is_whole) return void(++torn);
    if (number < expected) return void(++doubled);
    lost += number - expected;
    expected = number + 1;
  }

  bool timestamps_;
};

using LineChecks = std::map<std::string, LineCheck>;

/// Reads and removes what was put aside, and at the end what has not been.
void look_at_files(const Logs& logs, LineChecks& checks, bool at_the_end) {
  for (const std::string& name : logs.names()) { // sorted: of one service oldest first, but for the last one
    const auto check = checks.find(name.substr(0, name.find(".log")));
    if (check == checks.end() || name.ends_with(".log") || name.ends_with(".new")) continue;
    check->second.look(logs.text(name));
    ++check->second.files;
    std::filesystem::remove(logs.path(name));
  }
  if (!at_the_end) return;
  for (auto& [service, check] : checks)
    check.look(logs.text(service + ".log"));
}

/// Whether the one that was killed was in the middle of a turn.
bool is_in_a_turn(const LogHold& hold) {
  const auto memory = LogMemory::map(hold.memory.get());
  REQUIRE(memory);
  CHECK(memory.value().refusal().empty());
  return memory.value().phase() != LogMemory::Phase::idle;
}

/// Until the pipe can be read, or for so long.
void wait_at_most(const Fd& pipe, std::chrono::nanoseconds time) {
  pollfd readable{.fd = pipe.get(), .events = POLLIN, .revents = 0};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const timespec most{.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
  ::ppoll(&readable, 1, &most, nullptr);
}

/// A process is killed after a time that chance chooses: of each eight, one from its birth on, the others
/// from when it captures.
class Killer {
public:
  explicit Killer(Relay& relay) : relay_(relay) {
    auto made = LogPipe::make();
    REQUIRE(made);
    started_ = std::move(made).value();
    relay_.started_fd = started_.write.get();
  }
  ~Killer() { relay_.started_fd = -1; }
  Killer(const Killer&) = delete;
  Killer& operator=(const Killer&) = delete;

  void kill_one() {
    char byte = 0;
    while (::read(started_.read.get(), &byte, 1) == 1) {
    }
    Child child([this] { return relay_.run(Relay::Until::closed); });
    if (random_() % 8 != 0) {
      wait_at_most(started_.read, patience);
      REQUIRE(::read(started_.read.get(), &byte, 1) == 1);
    }
    wait_at_most(never_, std::chrono::microseconds(random_() % 4000 + 1));
    REQUIRE(::kill(child.pid(), SIGKILL) == 0);
    REQUIRE(WIFSIGNALED(child.wait()));
  }

private:
  Relay& relay_;
  LogPipe started_;
  Fd never_{::eventfd(0, EFD_CLOEXEC)};
  std::mt19937 random_{4711};
};

} // namespace

TEST_CASE("log capture: killed at any moment it loses no line and doubles none") {
  const Logs logs;
  Relay relay;
  relay.directory_fd = logs.directory.get();
  relay.rotate_size = 256U << 10U;
  LineChecks checks;
  for (const auto& [service, timestamps] : {std::pair("stamped-a", true), std::pair("stamped-b", true),
                                            std::pair("raw-a", false), std::pair("raw-b", false)}) {
    relay.pipes.push_back(HeldPipe::make(service, timestamps));
    checks.emplace(service, timestamps);
  }
  const Shared<Ending> ending;
  std::vector<std::unique_ptr<Child>> writers;
  for (std::size_t i = 0; i < relay.pipes.size(); ++i)
    writers.push_back(std::make_unique<Child>(
        [&, i] { return write_lines(relay.pipes[i].pipe.write, *ending.operator->(), ending->lines[i]); }));
  for (HeldPipe& held : relay.pipes)
    held.pipe.write.reset();

  Killer killer(relay);
  int kills = 0;
  int kills_in_a_turn = 0;
  const auto began = std::chrono::steady_clock::now();
  for (const int wanted = wanted_kills(); kills < wanted; ++kills) {
    killer.kill_one();
    if (is_in_a_turn(relay.hold)) ++kills_in_a_turn;
    if (kills % 20 == 0) look_at_files(logs, checks, false);
  }
  ending->asked = true;
  Child last([&] { return relay.run(Relay::Until::closed); });
  for (const auto& writer : writers)
    CHECK(writer->wait() == 0);
  CHECK(last.wait() == 0);
  look_at_files(logs, checks, true);

  CHECK(kills_in_a_turn > 0);
  const auto took = std::chrono::steady_clock::now() - began;
  for (std::size_t i = 0; i < relay.pipes.size(); ++i) {
    const std::string& service = relay.pipes[i].service;
    const LineCheck& found = checks.at(service);
    INFO(service);
    CHECK(found.expected == ending->lines[i]);
    CHECK(found.lost == 0);
    CHECK(found.doubled == 0);
    CHECK(found.torn == 0);
    if (std::getenv("HOLDFAST_LOG_KILLS") != nullptr)
      std::cout << service << ": " << kills << " kills (" << kills_in_a_turn << " in a turn) in "
                << std::chrono::duration_cast<std::chrono::seconds>(took).count() << " s, " << found.expected
                << " lines, " << found.bytes << " bytes, " << found.files << " rotations, " << found.lost
                << " lost, " << found.doubled << " doubled, " << found.torn << " torn\n";
  }
}
