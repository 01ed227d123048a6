// Files made to cost memory, time or stack. Each must be refused, or read, within a moment.

#include "input.h"
#include "support/catch.h"

#include <chrono>

using namespace holdfast;

namespace {

std::string repeated(const std::string& part, std::size_t bytes) {
  std::string text;
  while (text.size() + part.size() <= bytes)
    text += part;
  return text;
}

constexpr std::size_t most = 256 * 1024;

} // namespace

TEST_CASE("hostile: 256 KiB is the most, and one byte more is refused") {
  test::Input input;
  const std::string start = "stack: {name: s}\n";
  const auto fits = input.load(start + std::string(most - start.size(), '#'));
  CHECK(fits.stack);
  const auto large = input.load(start + std::string(most - start.size() + 1, '#'));
  CHECK_FALSE(large.stack);
  CHECK(test::told(large, "larger than 256 KiB"));
}

TEST_CASE("hostile: a million levels are refused by size, what fits by depth") {
  test::Input input;
  CHECK(test::told(input.load(std::string(1'000'000, '[')), "larger than 256 KiB"));
  for (const char* part : {"[", "{a: ", "{", "- ", "? ", "a: [", "[{", "[? ", "- [", "[a, "}) {
    INFO(part);
    const auto loaded = input.load(repeated(part, most));
    CHECK_FALSE(loaded.stack);
    CHECK(loaded.diagnostics.size() == 1);
  }
  std::string stairs;
  for (std::size_t i = 0; stairs.size() + i + 4 < most; ++i)
    stairs += std::string(i, ' ') + "a:\n";
  CHECK(test::told(input.load(stairs), "more than 32 levels"));
}

TEST_CASE("hostile: 32 levels are read, 33 are not") {
  test::Input input;
  const std::string open(31, '[');
  const std::string close(31, ']');
  const auto fits = input.load("a: " + open + close);
  CHECK_FALSE(test::told(fits, "more than 32 levels"));
  CHECK(test::told(input.load("a: [" + open + close + "]"), "more than 32 levels"));
}

TEST_CASE("hostile: a bomb of aliases is refused where it begins") {
  test::Input input;
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 8; ++j)
      bomb += ", " + before;
    bomb += "]\n";
  }
  const auto loaded = input.load(bomb);
  CHECK_FALSE(loaded.stack);
  CHECK(test::told(loaded, "aliases are not allowed"));
}

TEST_CASE("hostile: no text of 256 KiB takes long") {
  test::Input input;
  for (const char* part :
       {"'",    "\"", "&a ", "*a ",   "!a ",     "a\n",      ": ",     "? \n", "%a\n",   "---\n",
        "# \n", "\n", " ",   "|\n",   "- a: ",   "\"a\" : ", "a: b: ", "{a,",  "}",      "]",
        ",",    "!!", "a ",  "a:\n ", "--- a\n", "- a\n",    "[]: ",   "-\n",  "a: 1\n", "\\",
        "`",    "@",  "%",   "\t",    "\"\\",    "- - ",     "...\n",  ">\n",  ": \n"}) {
    INFO(part);
    const auto start = std::chrono::steady_clock::now();
    const auto loaded = input.load(repeated(part, most));
    CHECK_FALSE(loaded.stack);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  }
}

TEST_CASE("hostile: tens of thousands of mistakes in one line stay bounded") {
  test::Input input;
  std::string text = "{";
  for (int i = 0; text.size() < most / 2 && i < 9000; ++i)
    text += "k" + std::to_string(i) + ": 1, ";
  const auto loaded = input.load(text + "}\n");
  CHECK_FALSE(loaded.stack);
  CHECK(loaded.diagnostics.size() <= 1000);
  CHECK(test::rendered(loaded, input.path()).size() < 1'000'000);
}

TEST_CASE("hostile: too many values") {
  test::Input input;
  std::string text = "a: [";
  for (int i = 0; i < 21'000; ++i)
    text += "1,";
  CHECK(test::told(input.load(text + "]\n"), "more than 20000 values"));
}
