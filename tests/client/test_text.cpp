#include "client/text.h"
#include "support/catch.h"

using namespace holdfast;
using namespace holdfast::client;

TEST_CASE("what a terminal could obey is shown instead") {
  CHECK(harmless("plain \tcafé ✓ 𝄞") == "plain \tcafé ✓ 𝄞");
  CHECK(harmless("\x1b[2J\x1b]0;owned\x07") == "\\x1b[2J\\x1b]0;owned\\x07");
  CHECK(harmless(std::string("a\0b\r\n\x7f", 6)) == "a\\x00b\\x0d\\x0a\\x7f");
  CHECK(harmless("\xc2\x9b"
                 "31m") == "\\x9b31m");
  CHECK(harmless("\u202Etxt.exe") == "\\u202etxt.exe");
  CHECK(harmless("\u2028") == "\\u2028");
}

TEST_CASE("bytes that are not UTF-8 are shown as bytes") {
  CHECK(harmless("\xff\xfe") == "\\xff\\xfe");
  CHECK(harmless("\x9b"
                 "31m") == "\\x9b31m");
  CHECK(harmless("\xc0\x9b") == "\\xc0\\x9b");
  CHECK(harmless("\xe0\x80\x9b") == "\\xe0\\x80\\x9b");
  CHECK(harmless("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(harmless("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(harmless("caf\xc3") == "caf\\xc3");
}

TEST_CASE("a text is cut between characters") {
  CHECK(columns("café") == 4);
  CHECK(cut("café", 4) == "café");
  CHECK(cut("cafés and more", 7) == "café...");
  CHECK(cut("abcdef", 3) == "...");
  CHECK(cut("abcdef", 1) == ".");
  CHECK(cut("", 0).empty());
}

TEST_CASE("times of views are read, and nothing else is") {
  const auto time = parse_utc("2026-11-24T06:53:30Z");
  REQUIRE(time.has_value());
  CHECK(format_utc_seconds(*time) == "2026-11-24T06:53:30Z");
  CHECK(parse_utc("2026-11-24T06:53:30.123456Z") == time);
  for (const char* text : {"", "yesterday", "2026-11-24", "2026-11-24T06:53:30", "2026-11-24T06:53:30+01:00",
                           "2026-13-24T06:53:30Z"})
    CHECK_FALSE(parse_utc(text).has_value());
}
