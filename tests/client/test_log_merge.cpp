#include "client/log_merge.h"
#include "support/catch.h"

using namespace holdfast::client;

namespace {

std::vector<std::string> texts(const std::vector<MergedLine>& lines) {
  std::vector<std::string> all;
  for (const MergedLine& line : lines)
    all.push_back(std::to_string(line.log) + line.text.substr(line.text.find_last_of(' ') + 1));
  return all;
}

std::string at(int second, const std::string& text) {
  return "2026-11-24T06:53:0" + std::to_string(second) + ".000000Z " + text;
}

} // namespace

TEST_CASE("lines of several logs come in the order of their times") {
  CHECK(texts(merge({{at(1, "a"), at(4, "d")}, {at(2, "b"), at(3, "c"), at(5, "e")}})) ==
        std::vector<std::string>{"0a", "1b", "1c", "0d", "1e"});
}

TEST_CASE("a line without a time stays behind the one before it") {
  CHECK(texts(merge({{at(1, "a"), "more", at(3, "c")}, {at(2, "b")}})) ==
        std::vector<std::string>{"0a", "0more", "1b", "0c"});
  CHECK(texts(merge({{"x", "y"}, {at(1, "a")}})) == std::vector<std::string>{"0x", "0y", "1a"});
}

TEST_CASE("a log keeps its own order when the clock was set back") {
  CHECK(texts(merge({{at(5, "a"), at(1, "b"), at(6, "c")}, {at(5, "x")}})) ==
        std::vector<std::string>{"0a", "0b", "1x", "0c"});
}

TEST_CASE("what looks like a time and is none") {
  CHECK(leading_time("2026-11-24T06:53:30.123456Z x") == "2026-11-24T06:53:30.123456Z");
  for (const char* line : {"", "2026-11-24", "2026-11-24 06:53:30.123456Z x", "2026-11-24T06:53:30.12345xZ x",
                           "x2026-11-24T06:53:30.123456Z"})
    CHECK(leading_time(line).empty());
}
