#include "support/catch.h"
#include "wire/line_splitter.h"

using holdfast::wire::LineSplitter;

TEST_CASE("lines come out whole however they came in") {
  LineSplitter lines(10);
  lines.feed("a");
  CHECK_FALSE(lines.next());
  lines.feed("b\n\nc");
  CHECK(lines.next() == "ab");
  CHECK(lines.next() == "");
  CHECK_FALSE(lines.next());
  lines.feed("\n");
  CHECK(lines.next() == "c");
  CHECK_FALSE(lines.overlong());
}

TEST_CASE("a line of the greatest length passes and one byte more ends it") {
  LineSplitter lines(4);
  lines.feed("1234\n12345\nok\n");
  CHECK(lines.next() == "1234");
  CHECK_FALSE(lines.next());
  CHECK(lines.overlong());
  lines.feed("ok\n");
  CHECK_FALSE(lines.next());
}

TEST_CASE("a line without an end is refused as soon as it is too long") {
  LineSplitter lines(4);
  lines.feed("1234");
  CHECK_FALSE(lines.next());
  CHECK_FALSE(lines.overlong());
  lines.feed("5");
  CHECK_FALSE(lines.next());
  CHECK(lines.overlong());
}

TEST_CASE("a NUL is a byte like any other") {
  LineSplitter lines(8);
  lines.feed(std::string_view("a\0b\n", 4));
  CHECK(lines.next() == std::string("a\0b", 3));
}
