#include "client/line_pattern.h"
#include "client/line_window.h"
#include "support/catch.h"

#include <algorithm>
#include <random>

using namespace holdfast::client;

namespace {

std::vector<std::string> matching(const std::string& expression, const std::string& text) {
  const auto pattern = LinePattern::compile(expression);
  INFO(expression);
  REQUIRE(pattern.ok());
  const LineFilter filter{.pattern = pattern.value(), .since = {}, .until = {}};
  LineWindow window(filter);
  const auto room = window.room();
  REQUIRE(text.size() <= room.size());
  std::copy(text.begin(), text.end(), room.begin());
  window.filled(text.size());
  std::vector<std::string> lines;
  while (const auto line = window.next())
    lines.emplace_back(line->text);
  return lines;
}

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("a pattern is looked for in lines, whose ends are its ends") {
  const std::string text = "an error\n\nError: b\nwarning\nerror\n";
  CHECK(matching("error", text) == Texts{"an error", "error"});
  CHECK(matching("^error$", text) == Texts{"error"});
  CHECK(matching("(?i)^error", text) == Texts{"Error: b", "error"});
  CHECK(matching("error|warn", text) == Texts{"an error", "warning", "error"});
  CHECK(matching("^$", text) == Texts{""});
  CHECK(matching("x*", text) == Texts{"an error", "", "Error: b", "warning", "error"});
  CHECK(matching("\\Aerror\\z", text) == Texts{"error"});
  CHECK(matching("(?-m)^error", text) == Texts{"error"});
  CHECK(matching("(?P<what>warn)ing", text) == Texts{"warning"});
  CHECK(matching("nothing of it", text).empty());
}

TEST_CASE("nothing of a pattern matches a newline") {
  const std::string text = "ab\ncd\n";
  for (const char* expression : {"b.c", "(?s)b.c", "b\\sc", "b[^x]c", "b\nc", "b\\nc", "b\\Cc", "d."})
    CHECK(matching(expression, text).empty());
}

TEST_CASE("a pattern finds what it finds in each line by itself") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    Texts lines(1);
    for (int i = 0; i < 60; ++i) {
      const char c = "ab\n \xff"[random() % 5];
      text += c;
      if (c == '\n')
        lines.emplace_back();
      else
        lines.back() += c;
    }
    text += '\n';
    for (const char* expression : {"ab", "a b|^b", "a$", "\\bb", "(?-s)a.b", "^a?$", "b+a", "\\Ab"}) {
      Texts expected;
      for (const std::string& line : lines)
        if (!matching(expression, line + "\n").empty()) expected.push_back(line);
      CHECK((matching(expression, text) == expected));
    }
  }
}

TEST_CASE("an expression that is none is told what is wrong with it") {
  const auto bad = LinePattern::compile("(abc");
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().what == "missing ): (abc");
  CHECK_FALSE(LinePattern::compile("a{1000}{1000}").ok());
  CHECK_FALSE(LinePattern::compile("\xff(").ok());
}
