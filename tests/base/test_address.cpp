#include "base/address.h"
#include "support/catch.h"

using namespace holdfast;

TEST_CASE("address: a host and a port, or the path of a socket") {
  CHECK(peer_address_of("127.0.0.1:5432").value() == PeerAddress{.host = "127.0.0.1", .port = 5432});
  CHECK(peer_address_of("[::1]:5432").value() == PeerAddress{.host = "::1", .port = 5432});
  CHECK(peer_address_of("db.example.org:1").value() == PeerAddress{.host = "db.example.org", .port = 1});
  CHECK(peer_address_of("unix:/run/a").value() == PeerAddress{.path = "/run/a"});
}

TEST_CASE("address: what is none is told with what one is") {
  CHECK(peer_address_of("::1:5432").error().what == "an IPv6 address stands in brackets: [::1]:5432");
  CHECK(peer_address_of("x:0").error().what == "no port between 1 and 65535");
  for (const char* const bad : {"", "x", ":1", "x:", "x:0", "x:65536", "x:1a", "[]:1", "unix:", "unix:a"})
    CHECK_FALSE(peer_address_of(bad));
}
