#include "observer/url.h"
#include "observer/words.h"

#include "support/catch.h"

namespace holdfast::observer {
namespace {

TEST_CASE("a URL is taken apart, and what is none is refused", "[observer]") {
  const Url plain = url_of("http://localhost:8080/ping?deep=1#top").value();
  REQUIRE(plain == Url{.is_tls = false, .host = "localhost", .port = 8080, .path = "/ping?deep=1"});
  REQUIRE(plain.authority() == "localhost:8080");
  REQUIRE(url_of("https://example.org").value() ==
          Url{.is_tls = true, .host = "example.org", .port = 443, .path = "/"});
  REQUIRE(url_of("https://example.org").value().authority() == "example.org");
  REQUIRE(url_of("http://[::1]/").value().authority() == "[::1]");
  REQUIRE(url_of("http://[::1]:81?x").value() ==
          Url{.is_tls = false, .host = "::1", .port = 81, .path = "/?x"});
  for (const char* const bad : {"", "ftp://x", "http://", "http:///x", "http://a:b@x/", "http://x:0/",
                                "http://x y/", "http://x/\r\nHost: y", "http://unix:/x", "http://x:/"})
    REQUIRE_FALSE(url_of(bad));
}

TEST_CASE("a path is put below a base, and values are encoded", "[observer]") {
  REQUIRE(below(url_of("http://x").value(), "/api") == "/api");
  REQUIRE(below(url_of("http://x/rabbit/?q=1").value(), "/api") == "/rabbit/api");
  REQUIRE(percent_encoded("/") == "%2F");
  REQUIRE(percent_encoded("a b\"\xc3\xa4~") == "a%20b%22%C3%A4~");
}

TEST_CASE("what a peer said becomes one short line without secrets", "[observer]") {
  REQUIRE(excerpt("  <h1>\r\n\tNo\x1b[1m</h1> \n") == "<h1> No [1m</h1>");
  REQUIRE(excerpt("12345678901", 10) == "1234567890…");
  REQUIRE(excerpt("123456789\xc3\xa4", 10) == "123456789…");
  REQUIRE(excerpt("\xff\xfe") == "\xff\xfe");
  REQUIRE(without_secret("a key, a key", "key") == "a ***, a ***");
  REQUIRE(without_secret("a key", "") == "a key");
  REQUIRE(counted(1, "shard") == "1 shard");
  REQUIRE(counted(2, "shard") == "2 shards");
}

} // namespace
} // namespace holdfast::observer
