#include "base/url.h"
#include "support/catch.h"

using namespace holdfast;

TEST_CASE("url: taken apart") {
  CHECK(url_of("http://localhost:8080/ping?deep=1#top").value() ==
        Url{.is_tls = false, .host = "localhost", .port = 8080, .path = "/ping?deep=1"});
  CHECK(url_of("https://example.org").value() ==
        Url{.is_tls = true, .host = "example.org", .port = 443, .path = "/"});
  CHECK(url_of("http://[::1]:81?x").value() ==
        Url{.is_tls = false, .host = "::1", .port = 81, .path = "/?x"});
}

TEST_CASE("url: whom it asks, as a client says it and as an address") {
  const auto told = [](std::string_view text) {
    const Url url = url_of(text).value();
    return url.authority() + " " + url.address();
  };
  CHECK(told("http://localhost:8080/") == "localhost:8080 localhost:8080");
  CHECK(told("https://example.org/") == "example.org example.org:443");
  CHECK(told("https://example.org:443/") == "example.org example.org:443");
  CHECK(told("https://example.org:80/") == "example.org:80 example.org:80");
  CHECK(told("http://[::1]/") == "[::1] [::1]:80");
  CHECK(told("http://[::1]:81/") == "[::1]:81 [::1]:81");
}

TEST_CASE("url: what is none is refused, with the reason") {
  for (const char* const bad :
       {"", "ftp://x", "http://", "http:///x", "http://a:b@x/", "http://x:0/", "http://x:99999/",
        "http://x:8o/", "http://x y/", "http://x/\r\nHost: y", "http://unix:/x", "http://x:/",
        "http://b\xc3\xbc"
        "cher.example/",
        "http://x/<y>", "http://x\\y/"}) {
    INFO(bad);
    CHECK_FALSE(url_of(bad));
  }
  CHECK(url_of("http://x:99999/").error().what ==
        "a URL has a HOST or HOST:PORT, the port between 1 and 65535");
  CHECK(url_of("x").error().what == "a URL begins with https:// or http://");
}
