#include "base/file.h"
#include "control/event_file.h"
#include "control/views.h"
#include "served.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::test;

namespace {

std::vector<std::string> whys_in(const std::string& path) {
  std::istringstream text(read_file(path, 1U << 24).value());
  std::vector<std::string> whys;
  for (std::string line; std::getline(text, line);) {
    const auto event = wire::decode_event(line);
    REQUIRE(event.ok());
    whys.push_back(event.value().why);
  }
  return whys;
}

} // namespace

TEST_CASE("each event is written once, and a new daemon goes on behind the old one") {
  const Scratch scratch;
  FakePort port(two_services());
  control::EventFile file(scratch / "events.jsonl");
  port.add_event("redis", "a");
  port.add_event("redis", "b");
  REQUIRE(file.update(port).ok());
  port.add_event("redis", "c");
  REQUIRE(file.update(port).ok());
  REQUIRE(file.update(port).ok());
  FakePort next(two_services());
  next.add_event("redis", "d");
  control::EventFile again(scratch / "events.jsonl");
  REQUIRE(again.update(next).ok());
  CHECK(whys_in(scratch / "events.jsonl") == std::vector<std::string>{"a", "b", "c", "d"});
}

TEST_CASE("an engine killed while it writes an event leaves it to be written once") {
  // The port ends the engine where it would say how far the file is: before the n-th time.
  class Ending : public FakePort {
  public:
    struct Killed {};
    using FakePort::FakePort;
    void set_filed(const engine::FiledEvents& filed) override {
      if (left == 0) throw Killed{};
      --left;
      FakePort::set_filed(filed);
    }
    int left = 0;
  };
  for (int kill = 0; kill < 24; ++kill) {
    INFO("killed before " << kill);
    const Scratch scratch;
    Ending port(two_services());
    port.left = kill;
    // Such a size that there is one rotation.
    constexpr std::uint64_t size = 1500;
    std::vector<std::string> expected;
    control::EventFile file(scratch / "events.jsonl", size);
    bool is_killed = false;
    for (int i = 0; i < 15; ++i) {
      port.add_event("redis", std::to_string(i));
      expected.push_back(std::to_string(i));
      if (is_killed) continue;
      try {
        const auto updated = file.update(port);
        CHECK(updated.ok());
      } catch (const Ending::Killed&) {
        is_killed = true;
      }
    }
    CHECK(is_killed == (kill < 17));
    port.left = 1000;
    control::EventFile next(scratch / "events.jsonl", size);
    CHECK(next.update(port).ok());
    auto found = whys_in(scratch / "events.jsonl.1");
    for (const std::string& why : whys_in(scratch / "events.jsonl"))
      found.push_back(why);
    CHECK(found == expected);
  }
}

TEST_CASE("an engine killed in the middle of a line or of a rotation leaves whole lines") {
  const Scratch scratch;
  FakePort port(two_services());
  port.add_event("redis", "a");
  control::EventFile file(scratch / "events.jsonl");
  REQUIRE(file.update(port).ok());
  const auto append = [&](const char* text) {
    std::ofstream(scratch / "events.jsonl", std::ios::app) << text;
  };
  append("{\"time\": \"20");
  port.add_event("redis", "b");
  control::EventFile next(scratch / "events.jsonl");
  REQUIRE(next.update(port).ok());
  CHECK(whys_in(scratch / "events.jsonl") == std::vector<std::string>{"a", "b"});

  std::filesystem::rename(scratch / "events.jsonl", scratch / "events.jsonl.1");
  port.add_event("redis", "c");
  control::EventFile last(scratch / "events.jsonl");
  REQUIRE(last.update(port).ok());
  CHECK(whys_in(scratch / "events.jsonl.1") == std::vector<std::string>{"a", "b"});
  CHECK(whys_in(scratch / "events.jsonl") == std::vector<std::string>{"c"});
}

TEST_CASE("what somebody else put in the place of the file stays") {
  const Scratch scratch;
  FakePort port(two_services());
  port.add_event("redis", "a");
  control::EventFile file(scratch / "events.jsonl");
  REQUIRE(file.update(port).ok());
  std::filesystem::rename(scratch / "events.jsonl", scratch / "away");
  std::filesystem::copy(scratch / "away", scratch / "events.jsonl");
  std::filesystem::resize_file(scratch / "away", 0);
  std::ofstream(scratch / "events.jsonl", std::ios::app)
      << wire::encode_event(control::event_line(port.events().front())) << "\n";
  port.add_event("redis", "b");
  control::EventFile next(scratch / "events.jsonl");
  REQUIRE(next.update(port).ok());
  CHECK(whys_in(scratch / "events.jsonl") == std::vector<std::string>{"a", "a", "b"});
}

TEST_CASE("two files of a bounded size are kept") {
  const Scratch scratch;
  FakePort port(two_services());
  control::EventFile file(scratch / "events.jsonl", 1000);
  for (int i = 0; i < 100; ++i) {
    port.add_event("redis", std::to_string(i));
    REQUIRE(file.update(port).ok());
  }
  CHECK(read_file(scratch / "events.jsonl", 1000).ok());
  CHECK(read_file(scratch / "events.jsonl.1", 1000).ok());
  CHECK(whys_in(scratch / "events.jsonl").back() == "99");
  const int newest_old = std::stoi(whys_in(scratch / "events.jsonl.1").back());
  CHECK(std::stoi(whys_in(scratch / "events.jsonl").front()) == newest_old + 1);
}

TEST_CASE("a file that cannot be written is an error, and a link is not followed") {
  const Scratch scratch;
  FakePort port(two_services());
  port.add_event("redis", "a");
  control::EventFile nowhere(scratch / "missing/events.jsonl");
  CHECK_FALSE(nowhere.update(port).ok());
  REQUIRE(::symlink((scratch / "target").c_str(), (scratch / "events.jsonl").c_str()) == 0);
  control::EventFile link(scratch / "events.jsonl");
  CHECK_FALSE(link.update(port).ok());
  CHECK(::access((scratch / "target").c_str(), F_OK) != 0);
}
