#include "client/log_merge.h"
#include "client/log_times.h"
#include "command.h"

using namespace holdfast;
using namespace holdfast::client;
using namespace holdfast::test;

namespace {

std::string at(int second, const std::string& text) {
  return "2026-11-24T06:53:0" + std::to_string(second) + ".000000Z " + text;
}

/// Logs "a", "b", … and the lines that are merged of them, each with the number of its log.
struct Logs : Command {
  LineFilter filter{.pattern = {}, .since = {}, .until = {}, .needs_times = true};
  std::vector<LogReader> readers;

  void add(const std::vector<std::string>& lines) {
    const std::string service(1, static_cast<char>('a' + readers.size()));
    write(service, lines);
    readers.emplace_back(scratch.path(), service, filter, [](const std::string&) {});
    // Those whose lines have no times are merged all the same: that they are refused is not shown here.
    REQUIRE(readers.back().begin({}).ok());
  }
  void write(const std::string& service, const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines)
      text += line + "\n";
    append(service + ".log", text);
  }
  static std::vector<std::string> take(LogMerge& merge) {
    std::vector<std::string> all;
    while (const auto line = merge.next())
      all.push_back(std::to_string(line->log) +
                    std::string(line->line.text.substr(line->line.text.find_last_of(' ') + 1)));
    return all;
  }
  std::vector<std::string> merged() {
    LogMerge merge(readers, true);
    return take(merge);
  }
};

using Merged = std::vector<std::string>;

} // namespace

TEST_CASE("lines of several logs come in the order of their times") {
  Logs logs;
  logs.add({at(1, "a"), at(4, "d")});
  logs.add({at(2, "b"), at(3, "c"), at(5, "e")});
  CHECK(logs.merged() == Merged{"0a", "1b", "1c", "0d", "1e"});
}

TEST_CASE("a line without a time stays behind the one before it") {
  Logs logs;
  logs.add({at(1, "a"), "more", at(3, "c")});
  logs.add({at(2, "b")});
  CHECK(logs.merged() == Merged{"0a", "0more", "1b", "0c"});
}

TEST_CASE("lines of the same time come in the order of the logs") {
  Logs logs;
  for (int i = 0; i < 4; ++i)
    logs.add({at(1, "x"), at(1, "y"), at(2, "z")});
  CHECK(logs.merged() == Merged{"0x", "0y", "1x", "1y", "2x", "2y", "3x", "3y", "0z", "1z", "2z", "3z"});
}

TEST_CASE("a log keeps its own order when the clock was set back") {
  Logs logs;
  logs.add({at(5, "a"), at(1, "b"), at(6, "c")});
  logs.add({at(5, "x")});
  CHECK(logs.merged() == Merged{"0a", "0b", "1x", "0c"});
}

TEST_CASE("a merge goes on with what was written since") {
  Logs logs;
  logs.add({at(1, "a")});
  logs.add({});
  LogMerge merge(logs.readers, false);
  CHECK(logs.take(merge) == Merged{"0a"});
  CHECK(logs.take(merge).empty());
  logs.write("a", {at(3, "c")});
  logs.write("b", {at(2, "b")});
  CHECK(logs.take(merge) == Merged{"1b", "0c"});
}

TEST_CASE("what looks like a time and is none") {
  CHECK(leading_time("2026-11-24T06:53:30.123456Z x") == "2026-11-24T06:53:30.123456Z");
  for (const char* line : {"", "2026-11-24", "2026-11-24 06:53:30.123456Z x", "2026-11-24T06:53:30.12345xZ x",
                           "x2026-11-24T06:53:30.123456Z"})
    CHECK(leading_time(line).empty());
}
