#include "client/log_reader.h"
#include "command.h"

#include <sys/stat.h>

using namespace holdfast;
using namespace holdfast::test;
using client::LogReader;
using Lines = std::vector<std::string>;

namespace {

Lines last(Command& command, std::uint64_t lines) {
  LogReader reader(command.scratch.path(), "redis");
  REQUIRE(reader.seek_last(lines).ok());
  Lines read;
  REQUIRE(reader.read(read).ok());
  if (std::string rest = reader.rest(); !rest.empty()) read.push_back(rest);
  return read;
}

void rotate(Command& command, const std::string& time) {
  REQUIRE(::rename((command.scratch / "redis.log").c_str(),
                   (command.scratch / ("redis.log-" + time)).c_str()) == 0);
}

} // namespace

TEST_CASE("the last lines of a file, a last one without an end included") {
  Command command;
  command.put("redis.log", "a\nb\n\nc\n");
  CHECK(last(command, 1) == Lines{"c"});
  CHECK(last(command, 3) == Lines{"b", "", "c"});
  CHECK(last(command, 100) == Lines{"a", "b", "", "c"});
  CHECK(last(command, 0).empty());
  command.append("redis.log", "half");
  CHECK(last(command, 2) == Lines{"c", "half"});
}

TEST_CASE("lines across the blocks in which a file is read backwards") {
  Command command;
  std::string text;
  for (int i = 0; i < 100000; ++i)
    text += std::to_string(i) + "\n";
  command.put("redis.log", text);
  const Lines lines = last(command, 50000);
  REQUIRE(lines.size() == 50000);
  CHECK(lines.front() == "50000");
  CHECK(lines.back() == "99999");
}

TEST_CASE("the last lines reach back into files that were rotated, oldest first") {
  Command command;
  command.put("redis.log-20261124T065330.000001Z", "a\nb\n");
  command.put("redis.log-20261124T065330.000002Z", "c\n");
  command.put("redis.log-20261124T065330.000000Z.zst", "compressed\n");
  command.put("redis.log", "d\n");
  CHECK(last(command, 3) == Lines{"b", "c", "d"});
  CHECK(last(command, 9) == Lines{"a", "b", "c", "d"});
}

TEST_CASE("reading follows a file through rotations, each line once") {
  Command command;
  command.put("redis.log", "a\n");
  LogReader reader(command.scratch.path(), "redis");
  REQUIRE(reader.seek_last(0).ok());
  Lines lines;
  command.append("redis.log", "b\nhal");
  REQUIRE(reader.read(lines).ok());
  CHECK(lines == Lines{"b"});
  command.append("redis.log", "f\n");
  rotate(command, "20261124T065330.000001Z");
  REQUIRE(reader.read(lines).ok());
  CHECK(lines == Lines{"b", "half"});
  command.put("redis.log", "c\n");
  rotate(command, "20261124T065330.000002Z");
  command.put("redis.log", "d\n");
  REQUIRE(reader.read(lines).ok());
  CHECK(lines == Lines{"b", "half", "c", "d"});
  REQUIRE(reader.read(lines).ok());
  CHECK(lines.size() == 4);
}

TEST_CASE("a file that was compressed away meanwhile is left for the newest") {
  Command command;
  command.put("redis.log", "a\n");
  LogReader reader(command.scratch.path(), "redis");
  REQUIRE(reader.seek_last(1).ok());
  REQUIRE(::unlink((command.scratch / "redis.log").c_str()) == 0);
  command.put("redis.log", "b\n");
  Lines lines;
  REQUIRE(reader.read(lines).ok());
  CHECK(lines == Lines{"a", "b"});
}

TEST_CASE("a log that comes later is read from its beginning") {
  Command command;
  LogReader reader(command.scratch.path(), "redis");
  REQUIRE(reader.seek_last(10).ok());
  Lines lines;
  REQUIRE(reader.read(lines).ok());
  command.put("redis.log", "a\n");
  REQUIRE(reader.read(lines).ok());
  CHECK(lines == Lines{"a"});
}

TEST_CASE("an endless line comes in pieces, none of it lost") {
  Command command;
  const std::string text(1000000, 'x');
  command.put("redis.log", text);
  const Lines lines = last(command, 1);
  REQUIRE(lines.size() > 1);
  std::string all;
  for (const std::string& line : lines)
    all += line;
  CHECK(all == text);
}

TEST_CASE("what is no regular file is not read") {
  Command command;
  REQUIRE(::mkfifo((command.scratch / "redis.log").c_str(), 0600) == 0);
  LogReader reader(command.scratch.path(), "redis");
  CHECK_FALSE(reader.seek_last(1).ok());
}

TEST_CASE("which services have logs") {
  Command command;
  for (const char* name :
       {"redis.log", "web.log", "redis.log-20261124T065330.000001Z", "Bad.log", "status.json"})
    command.put(name, "");
  CHECK(client::logged_services(command.scratch.path()) == Lines{"redis", "web"});
}
