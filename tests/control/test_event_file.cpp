#include "base/file.h"
#include "control/event_file.h"
#include "served.h"

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
