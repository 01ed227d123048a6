#include "observer/url_path.h"
#include "observer/words.h"

#include "support/catch.h"

namespace holdfast::observer {
namespace {

TEST_CASE("a path is put below a base, and values are encoded", "[observer]") {
  REQUIRE(below(url_of("http://x").value(), "/api") == "/api");
  REQUIRE(below(url_of("http://x/rabbit/?q=1").value(), "/api") == "/rabbit/api");
  REQUIRE(percent_encoded("/") == "%2F");
  REQUIRE(percent_encoded("a b\"\xc3\xa4~") == "a%20b%22%C3%A4~");
}

TEST_CASE("what a peer said becomes one short line", "[observer]") {
  REQUIRE(excerpt("  <h1>\r\n\tNo\x1b[1m</h1> \n") == "<h1> No [1m</h1>");
  REQUIRE(excerpt("12345678901", 10) == "1234567890…");
  REQUIRE(excerpt("123456789\xc3\xa4", 10) == "123456789…");
  REQUIRE(excerpt("\xff\xfe") == "\xff\xfe");
  REQUIRE(counted(1, "shard") == "1 shard");
  REQUIRE(counted(2, "shard") == "2 shards");
}

} // namespace
} // namespace holdfast::observer
