#include "linux/log_stamp.h"
#include "support/catch.h"

using namespace holdfast::linux_os;

namespace {

struct Stamped {
  std::string text;
  std::size_t used = 0;
};

Stamped stamp(std::string_view raw, StampRules rules) {
  if (rules.room == 0) rules.room = 1U << 30U;
  if (rules.room_without_newline == 0) rules.room_without_newline = 1U << 30U;
  Stamped stamped;
  stamped.used = stamp_lines(raw, rules, stamped.text);
  return stamped;
}

} // namespace

TEST_CASE("log stamp: in front of each line, empty ones too") {
  const auto stamped = stamp("one\n\ntwo\nthr", {.stamp = "T "});
  CHECK(stamped.text == "T one\nT \nT two\nT thr");
  CHECK(stamped.used == 12);
}

TEST_CASE("log stamp: a line that goes on carries none") {
  CHECK(stamp("ee\nfour\n", {.stamp = "T ", .continues = true}).text == "ee\nT four\n");
  CHECK(stamp("\nfour", {.stamp = "T ", .continues = true}).text == "\nT four");
  CHECK(stamp("e", {.stamp = "T ", .continues = true}).text == "e");
}

TEST_CASE("log stamp: without a stamp the bytes are what they were, NULs included") {
  const std::string raw("a\0b\n\n\0", 6);
  CHECK(stamp(raw, {}).text == raw);
}

TEST_CASE("log stamp: stops after the line that fills the file") {
  auto stamped = stamp("one\ntwo\nthree\n", {.stamp = "T ", .room = 7});
  CHECK(stamped.text == "T one\nT two\n");
  CHECK(stamped.used == 8);
  stamped = stamp("one\ntwo\n", {.stamp = "T ", .room = 6});
  CHECK(stamped.text == "T one\n");
  CHECK(stamp("long line without an end", {.stamp = "", .room = 3}).used == 24);
}

TEST_CASE("log stamp: cuts a line that does not end, and always gets on") {
  auto stamped = stamp("long line without an end", {.stamp = "", .room = 3, .room_without_newline = 9});
  CHECK(stamped.text == "long line");
  CHECK(stamped.used == 9);
  stamped = stamp("long", {.stamp = "T ", .room = 1, .room_without_newline = 1});
  CHECK(stamped.text == "T l");
  CHECK(stamped.used == 1);
}
