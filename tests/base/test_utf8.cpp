#include "base/utf8.h"
#include "support/catch.h"

using namespace holdfast;

TEST_CASE("utf8: valid and invalid") {
  for (const char* text :
       {"", "a", "ä", "€", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"})
    CHECK(is_utf8(text));
  for (const char* text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x28\xa1"})
    CHECK_FALSE(is_utf8(text));
}

TEST_CASE("utf8: a character has its code, a text its characters") {
  CHECK(first_character("ä!").code == U'\u00e4');
  CHECK(first_character("ä!").bytes == 2);
  CHECK(first_character("\xf0\x9f\x98\x80").code == U'\U0001f600');
  CHECK(first_character("\xff").bytes == 0);
  CHECK(count_characters("aä€") == 3);
}
