#include "client/directory_watch.h"
#include "client/log_reader.h"
#include "command.h"
#include "log_archives.h"
#include "support/deadline.h"

#include <fstream>
#include <sys/stat.h>
#include <thread>

using namespace holdfast;
using namespace holdfast::test;
using client::LineFilter;
using client::LinePattern;
using client::LogReader;
using Lines = std::vector<std::string>;

namespace {

/// A log in a directory of the test's own, and what is said about it.
struct RedisLog : Command {
  LineFilter filter;
  Lines troubles;

  LogReader reader() {
    return {scratch.path(), "redis", filter, [this](const std::string& what) { troubles.push_back(what); }};
  }
  static Lines more(LogReader& reader) {
    Lines lines;
    while (const auto line = reader.next())
      lines.emplace_back(line->text);
    return lines;
  }
  Lines last(std::optional<std::uint64_t> lines) {
    LogReader read = reader();
    REQUIRE(read.begin(lines).ok());
    Lines shown = more(read);
    if (const auto rest = read.rest()) shown.emplace_back(rest->text);
    return shown;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return scratch / name; }
  void rotate(const std::string& time) {
    REQUIRE(::rename(path("redis.log").c_str(), path("redis.log-" + time).c_str()) == 0);
  }
  /// As the daemon does it: the compressed one has its name before the other one goes.
  void compress(const std::string& time, const std::string& text) {
    put("redis.log-" + time + ".zst", in_zstd(text));
    REQUIRE(::unlink(path("redis.log-" + time).c_str()) == 0);
  }
};

const std::string day1 = "20261121T000000.000000Z";
const std::string day2 = "20261122T000000.000000Z";
const std::string day3 = "20261123T000000.000000Z";

std::string on(int day, const std::string& text) {
  return "2026-11-" + std::to_string(day) + "T12:00:00.000000Z " + text + "\n";
}

Lines texts(const Lines& lines) {
  Lines words;
  for (const std::string& line : lines)
    words.push_back(line.substr(line.find_last_of(' ') + 1));
  return words;
}

} // namespace

TEST_CASE("the last lines of a file, a last one without an end included") {
  RedisLog log;
  log.put("redis.log", "a\nb\n\nc\n");
  CHECK(log.last(1) == Lines{"c"});
  CHECK(log.last(3) == Lines{"b", "", "c"});
  CHECK(log.last(100) == Lines{"a", "b", "", "c"});
  CHECK(log.last({}) == Lines{"a", "b", "", "c"});
  CHECK(log.last(0).empty());
  log.append("redis.log", "half");
  CHECK(log.last(2) == Lines{"c", "half"});
}

TEST_CASE("lines across the blocks in which a file is read backwards") {
  RedisLog log;
  std::string text;
  for (int i = 0; i < 100000; ++i)
    text += std::to_string(i) + "\n";
  log.put("redis.log", text);
  const Lines lines = log.last(50000);
  REQUIRE(lines.size() == 50000);
  CHECK(lines.front() == "50000");
  CHECK(lines.back() == "99999");
}

TEST_CASE("the last lines reach back into files that were rotated, compressed or not") {
  RedisLog log;
  log.put("redis.log-" + day1 + ".gz", in_gzip("a\nb\n"));
  log.put("redis.log-" + day2 + ".zst", in_zstd("c\nd\n"));
  log.put("redis.log-" + day3, "e\n");
  log.put("redis.log", "f\n");
  CHECK(log.last(1) == Lines{"f"});
  CHECK(log.last(2) == Lines{"e", "f"});
  CHECK(log.last(3) == Lines{"d", "e", "f"});
  CHECK(log.last(5) == Lines{"b", "c", "d", "e", "f"});
  CHECK(log.last(99) == Lines{"a", "b", "c", "d", "e", "f"});
  CHECK(log.last({}) == Lines{"a", "b", "c", "d", "e", "f"});
  CHECK(log.troubles.empty());
}

TEST_CASE("the last lines that match are looked for as far back as they are") {
  RedisLog log;
  log.put("redis.log-" + day1 + ".zst", in_zstd("good 1\nbad\ngood 2\n"));
  log.put("redis.log-" + day2 + ".zst", in_zstd("bad\n"));
  log.put("redis.log-" + day3, "good 3\nbad\n");
  log.put("redis.log", "bad\ngood 4\nbad");
  log.filter.pattern = LinePattern::compile("good").value();
  CHECK(log.last(1) == Lines{"good 4"});
  CHECK(log.last(3) == Lines{"good 2", "good 3", "good 4"});
  CHECK(log.last(9) == Lines{"good 1", "good 2", "good 3", "good 4"});
  CHECK(log.last({}) == Lines{"good 1", "good 2", "good 3", "good 4"});
}

TEST_CASE("files in which nothing matches are passed over wherever they are") {
  RedisLog log;
  log.put("redis.log-" + day1 + ".zst", in_zstd("bad\n"));
  log.put("redis.log-" + day2, "good 1\n");
  log.put("redis.log-" + day3 + ".gz", in_gzip("bad\n"));
  log.put("redis.log", "bad\n");
  log.filter.pattern = LinePattern::compile("good").value();
  CHECK(log.last(9) == Lines{"good 1"});
  log.append("redis.log", "good 2\n");
  CHECK(log.last(9) == Lines{"good 1", "good 2"});
  REQUIRE(::unlink(log.path("redis.log-" + day2).c_str()) == 0);
  CHECK(log.last(9) == Lines{"good 2"});
}

TEST_CASE("an archive that damage has cut is read so far, told, and followed by the next one") {
  RedisLog log;
  std::string text;
  for (int i = 0; i < 200000; ++i)
    text += std::to_string(i) + "\n";
  const std::string packed = in_zstd(text);
  log.put("redis.log-" + day1 + ".zst", packed.substr(0, packed.size() / 2));
  log.put("redis.log-" + day2 + ".gz", "not at all");
  log.put("redis.log", "next\n");
  const Lines lines = log.last({});
  REQUIRE(lines.size() > 2);
  CHECK(lines.front() == "0");
  CHECK(lines.back() == "next");
  // What was there of the last line is not put together with the next file's first one.
  CHECK(std::to_string(lines.size() - 2).starts_with(lines[lines.size() - 2]));
  REQUIRE(log.troubles.size() == 2);
  CHECK(log.troubles[0] == log.path("redis.log-" + day1 + ".zst") + " is damaged: its end is missing");
  CHECK(log.troubles[1].find(log.path("redis.log-" + day2 + ".gz") + " is damaged (") == 0);
  // Told once, though it is looked at twice.
  log.troubles.clear();
  CHECK(log.last(2).back() == "next");
  CHECK(log.troubles.size() == 2);
}

TEST_CASE("reading follows a file through rotations, each line once") {
  RedisLog log;
  log.put("redis.log", "a\n");
  LogReader reader = log.reader();
  REQUIRE(reader.begin(0).ok());
  log.append("redis.log", "b\nhal");
  CHECK(log.more(reader) == Lines{"b"});
  log.append("redis.log", "f\n");
  log.rotate(day1);
  CHECK(log.more(reader) == Lines{"half"});
  log.put("redis.log", "c\n");
  log.rotate(day2);
  log.put("redis.log", "d\n");
  CHECK(log.more(reader) == Lines{"c", "d"});
  CHECK(log.more(reader).empty());
}

TEST_CASE("reading follows a file that was rotated and compressed between two looks, each line once") {
  RedisLog log;
  log.put("redis.log-" + day1 + ".zst", in_zstd("long ago\n"));
  log.put("redis.log", "a\n");
  LogReader reader = log.reader();
  REQUIRE(reader.begin(1).ok());
  CHECK(log.more(reader) == Lines{"a"});
  log.append("redis.log", "b\n");
  log.rotate(day2);
  log.put("redis.log", "c\n");
  log.compress(day2, "a\nb\n");
  log.rotate(day3);
  log.compress(day3, "c\n");
  log.put("redis.log", "d\n");
  CHECK(log.more(reader) == Lines{"b", "c", "d"});
}

TEST_CASE("a file that was removed while it is read is read to its end, and what came since is not lost") {
  RedisLog log;
  log.put("redis.log", "a\n");
  LogReader reader = log.reader();
  REQUIRE(reader.begin(0).ok());
  log.append("redis.log", "b\n");
  REQUIRE(::unlink(log.path("redis.log").c_str()) == 0);
  log.put("redis.log", "c\n");
  log.rotate(day1);
  log.compress(day1, "c\n");
  log.put("redis.log", "d\n");
  CHECK(log.more(reader) == Lines{"b", "c", "d"});
}

TEST_CASE("an old file that is compressed or removed while it is read loses nothing and doubles nothing") {
  RedisLog log;
  std::string text;
  for (int i = 0; i < 100000; ++i)
    text += "a " + std::to_string(i) + "\n";
  log.put("redis.log-" + day1, text);
  log.put("redis.log-" + day2, "b\n");
  log.put("redis.log-" + day3, "c\n");
  log.put("redis.log", "d\n");
  LogReader reader = log.reader();
  REQUIRE(reader.begin({}).ok());
  REQUIRE(reader.next()->text == "a 0");
  log.compress(day1, text);
  log.compress(day2, "b\n");
  REQUIRE(::unlink(log.path("redis.log-" + day3).c_str()) == 0);
  const Lines lines = log.more(reader);
  REQUIRE(lines.size() == 100001);
  CHECK(lines[99998] == "a 99999");
  CHECK(lines[99999] == "b");
  CHECK(lines[100000] == "d");
  CHECK(log.troubles.empty());
}

TEST_CASE("a file and what it is being compressed to are read once") {
  RedisLog log;
  log.put("redis.log-" + day1, "a\n");
  log.put("redis.log-" + day1 + ".zst", in_zstd("a\n"));
  log.put("redis.log-" + day2 + ".zst.tmp", "half of it");
  log.put("redis.log-" + day2, "b\n");
  log.put("redis.log", "c\n");
  CHECK(log.last({}) == Lines{"a", "b", "c"});
  CHECK(log.last(2) == Lines{"b", "c"});
}

TEST_CASE("a line that was cut by a rotation is put together") {
  RedisLog log;
  log.put("redis.log-" + day1, "a\nhal");
  log.put("redis.log", "f\nb\n");
  CHECK(log.last({}) == Lines{"a", "half", "b"});
}

TEST_CASE("a log that was emptied is read from its beginning, one that was taken back from there") {
  RedisLog log;
  log.put("redis.log", on(20, "a") + on(20, "b"));
  LogReader reader = log.reader();
  REQUIRE(reader.begin(9).ok());
  CHECK(log.more(reader).size() == 2);
  // As an engine that comes back takes back what its predecessor had half written.
  REQUIRE(::truncate(log.path("redis.log").c_str(), static_cast<off_t>(on(20, "a").size())) == 0);
  CHECK(log.more(reader).empty());
  log.append("redis.log", on(20, "c"));
  CHECK(texts(log.more(reader)) == Lines{"c"});
  CHECK(log.troubles.empty());
  REQUIRE(::truncate(log.path("redis.log").c_str(), 0) == 0);
  log.append("redis.log", on(21, "d"));
  CHECK(texts(log.more(reader)) == Lines{"d"});
  REQUIRE(log.troubles.size() == 1);
  CHECK(log.troubles[0].find("was emptied") != std::string::npos);
}

TEST_CASE("a log that comes later is read from its beginning") {
  RedisLog log;
  LogReader reader = log.reader();
  REQUIRE(reader.begin(10).ok());
  CHECK(log.more(reader).empty());
  log.put("redis.log", "a\n");
  log.rotate(day1);
  CHECK(log.more(reader) == Lines{"a"});
  log.put("redis.log", "b\n");
  CHECK(log.more(reader) == Lines{"b"});
}

TEST_CASE("lines since a time are looked for in the files that can have them alone") {
  RedisLog log;
  // Damaged, so that it is told when it is opened.
  log.put("redis.log-" + day1 + ".zst", "not at all");
  log.put("redis.log-" + day2 + ".zst", in_zstd(on(21, "a") + on(21, "b")));
  log.put("redis.log-" + day3, on(22, "c"));
  log.put("redis.log", on(23, "d") + on(24, "e"));
  log.filter.needs_times = true;
  log.filter.since = "2026-11-21T12:00:00.000000Z";
  CHECK(texts(log.last({})) == Lines{"a", "b", "c", "d", "e"});
  log.filter.since = "2026-11-22T00:00:00.000001Z";
  CHECK(texts(log.last({})) == Lines{"c", "d", "e"});
  CHECK(texts(log.last(2)) == Lines{"d", "e"});
  log.filter.since = "2026-11-24T12:00:00.000000Z";
  CHECK(texts(log.last({})) == Lines{"e"});
  CHECK(log.troubles.empty());
}

TEST_CASE("lines until a time are looked for in the files that can have them alone") {
  RedisLog log;
  log.put("redis.log-" + day1 + ".zst", in_zstd(on(20, "a")));
  log.put("redis.log-" + day2 + ".zst", in_zstd(on(21, "b") + on(21, "c")));
  log.put("redis.log-" + day3 + ".zst", "not at all");
  log.put("redis.log", on(23, "d"));
  log.filter.needs_times = true;
  log.filter.until = "2026-11-21T12:00:00.000000Z";
  CHECK(texts(log.last({})) == Lines{"a", "b", "c"});
  CHECK(texts(log.last(1)) == Lines{"c"});
  log.filter.since = "2026-11-21T00:00:00.000000Z";
  CHECK(texts(log.last({})) == Lines{"b", "c"});
  CHECK(log.troubles.empty());
  log.filter.until = "2026-11-23T12:00:00.000000Z";
  CHECK(texts(log.last({})) == Lines{"b", "c", "d"});
  CHECK(log.troubles.size() == 1);
}

TEST_CASE("a log without times is refused where they are needed, and its older files are left out") {
  RedisLog log;
  log.filter.needs_times = true;
  log.put("redis.log-" + day1, on(20, "a"));
  log.put("redis.log-" + day2 + ".zst", in_zstd("no time\n"));
  log.put("redis.log-" + day3, on(22, "b"));
  log.put("redis.log", "");
  CHECK(texts(log.last({})) == Lines{"b"});
  CHECK(texts(log.last(5)) == Lines{"b"});
  REQUIRE(log.troubles.size() == 2);
  CHECK(log.troubles[0] ==
        log.path("redis.log-" + day2 + ".zst") + " has no times; it and what is older are not shown");
  log.append("redis.log", "no time either\n");
  CHECK(log.reader().begin({}).value().without_times == log.path("redis.log"));
  // Times were switched off, or on, while it was written.
  log.put("redis.log", on(23, "c") + std::string(100000, '\n'));
  CHECK(log.reader().begin({}).value().without_times == log.path("redis.log"));
  log.put("redis.log", std::string(100000, '\n') + on(23, "c"));
  CHECK(log.reader().begin({}).value().without_times == "");
}

TEST_CASE("a log that is rotated and compressed all the while is read line by line and each once") {
  RedisLog log;
  constexpr int files = 300;
  constexpr int lines_each = 40;
  const std::string newest = log.path("redis.log");
  LogReader reader = log.reader();
  REQUIRE(reader.begin({}).ok());
  const Fd watch = client::watch_directory(log.scratch.path());
  // Without the test's assertions, which are for one thread.
  std::thread writer([&] {
    std::string last_text;
    std::string last_name;
    for (int file = 0; file < files; ++file) {
      // The one before is compressed while it is being read, or before that.
      if (!last_name.empty()) {
        std::ofstream(last_name + ".zst.tmp", std::ios::binary) << in_zstd(last_text);
        ::rename((last_name + ".zst.tmp").c_str(), (last_name + ".zst").c_str());
        ::unlink(last_name.c_str());
      }
      std::string text;
      std::ofstream out(newest, std::ios::app);
      for (int i = 0; i < lines_each; ++i) {
        const std::string line = std::to_string(file * lines_each + i) + "\n";
        text += line;
        out << line << std::flush;
      }
      // At once, so that a reader may have seen the end that was before the last lines.
      const std::string number = std::to_string(100000 + file);
      last_name = newest + "-20261124T065330." + number + "Z";
      last_text = std::move(text);
      ::rename(newest.c_str(), last_name.c_str());
    }
    std::ofstream(newest) << "end\n";
  });
  int expected = 0;
  bool in_order = true;
  bool ended = false;
  for (const Deadline deadline(60s); !ended && !deadline.passed();) {
    while (const auto line = reader.next()) {
      ended = line->text == "end";
      if (!ended) in_order = in_order && line->text == std::to_string(expected++);
    }
    if (!ended) client::wait_for_change(watch, std::chrono::milliseconds(100));
  }
  writer.join();
  CHECK(ended);
  CHECK(in_order);
  CHECK(expected == files * lines_each);
  CHECK(log.troubles.empty());
}

TEST_CASE("a log that may not be read is an error, as is what is no file") {
  RedisLog log;
  REQUIRE(::mkfifo(log.path("redis.log").c_str(), 0600) == 0);
  CHECK_FALSE(log.reader().begin(1).ok());
  CHECK_FALSE(LogReader("/nonexistent", "redis", log.filter, [](const std::string&) {}).begin({}).ok());
}
