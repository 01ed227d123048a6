#include "client/line_window.h"
#include "support/catch.h"

#include <algorithm>

using namespace holdfast::client;

namespace {

struct Shown {
  std::string text;
  std::string time;
  bool ends = true;
  bool operator==(const Shown&) const = default;
};

/// Feeds the text so many bytes at a time.
std::vector<Shown> lines_of(const std::string& text, const LineFilter& filter, std::size_t at_a_time) {
  LineWindow window(filter);
  std::vector<Shown> lines;
  const auto take = [&](const LineView& line) {
    lines.push_back({std::string(line.text), std::string(line.time), line.ends});
  };
  for (std::size_t at = 0; at < text.size();) {
    while (const auto line = window.next())
      take(*line);
    const auto room = window.room();
    const std::size_t size = std::min({room.size(), at_a_time, text.size() - at});
    REQUIRE(size > 0);
    std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), size, room.begin());
    window.filled(size);
    at += size;
  }
  while (const auto line = window.next())
    take(*line);
  if (const auto rest = window.rest()) take(*rest);
  return lines;
}

std::string at_second(int n) {
  return "2026-11-24T06:53:0" + std::to_string(n) + ".000000Z";
}

} // namespace

TEST_CASE("lines come whole, however the text is cut") {
  std::string text;
  std::vector<Shown> expected;
  for (int i = 0; i < 3000; ++i) {
    expected.push_back({std::string(static_cast<std::size_t>(i % 257), 'x') + std::to_string(i), "", true});
    text += expected.back().text + "\n";
  }
  text += "rest";
  expected.push_back({"rest", "", false});
  for (const std::size_t at_a_time : {1UL, 100UL, 4096UL, 1UL << 20})
    CHECK((lines_of(text, {}, at_a_time) == expected));
}

TEST_CASE("a line that is too long comes in pieces, none of it lost, and the next one is whole") {
  const std::string endless(1000000, 'x');
  const auto lines = lines_of("a\n" + endless + "\nb\n", {}, 50000);
  REQUIRE(lines.size() > 3);
  CHECK(lines.front().text == "a");
  CHECK(lines.back().text == "b");
  std::string all;
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    CHECK(lines[i].text.size() <= 192U << 10);
    CHECK(lines[i].ends == (i + 2 == lines.size()));
    all += lines[i].text;
  }
  CHECK((all == endless));
}

TEST_CASE("lines of a time, those without one by the line before them, however the text is cut") {
  const std::string text = "old\n" + at_second(1) + " a\n" + at_second(3) + " b\nmore of b\n" + at_second(2) +
                           " clock set back\n" + at_second(5) + " c\nmore of c\n";
  LineFilter filter{.pattern = {}, .since = at_second(2), .until = at_second(3), .needs_times = true};
  for (const std::size_t at_a_time : {1UL, 7UL, 1UL << 20}) {
    CHECK((lines_of(text, filter, at_a_time) ==
           std::vector<Shown>{{at_second(3) + " b", at_second(3), true},
                              {"more of b", at_second(3), true},
                              {at_second(2) + " clock set back", at_second(2), true}}));
  }
  filter.pattern = LinePattern::compile("more").value();
  filter.until.clear();
  for (const std::size_t at_a_time : {1UL, 7UL, 1UL << 20})
    CHECK((lines_of(text, filter, at_a_time) ==
           std::vector<Shown>{{"more of b", at_second(3), true}, {"more of c", at_second(5), true}}));
}

TEST_CASE("many lines without a time behind one that has it are no burden") {
  std::string text = at_second(4) + " a\n";
  for (int i = 0; i < 200000; ++i)
    text += "x\n";
  const LineFilter filter{.pattern = {}, .since = at_second(4), .until = {}, .needs_times = true};
  const auto lines = lines_of(text, filter, 1U << 20);
  REQUIRE(lines.size() == 200001);
  CHECK(lines.back() == Shown{"x", at_second(4), true});
}
