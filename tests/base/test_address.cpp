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

TEST_CASE("address: a socket is bound to an address and to no name") {
  CHECK(listening_address_of("127.0.0.1:80").value() == PeerAddress{.host = "127.0.0.1", .port = 80});
  CHECK(listening_address_of("[0:0::1]:80").value() == PeerAddress{.host = "::1", .port = 80});
  CHECK(listening_address_of("unix:/run/a").value() == PeerAddress{.path = "/run/a"});
  CHECK(listening_address_of("localhost:80").error().what ==
        "\"localhost\" is not an address of IPv4 or IPv6");
  for (const char* const bad : {"[fe80::1%eth0]:80", "1.2.3:80", "127.0.0.1:0", "x"})
    CHECK_FALSE(listening_address_of(bad));
  for (const char* const text : {"127.0.0.1:80", "[::1]:80", "unix:/run/a"})
    CHECK(written(listening_address_of(text).value()) == text);
}

TEST_CASE("address: two sockets cannot share an address, nor one with the address that stands for all") {
  const auto share = [](const char* a, const char* b) {
    const auto first = listening_address_of(a).value();
    const auto second = listening_address_of(b).value();
    CHECK(overlap(first, second) == overlap(second, first));
    return overlap(first, second);
  };
  CHECK(share("127.0.0.1:80", "127.0.0.1:80"));
  CHECK(share("127.0.0.1:80", "0.0.0.0:80"));
  CHECK(share("[::1]:80", "[::]:80"));
  CHECK(share("unix:/run/a", "unix:/run/a"));
  CHECK_FALSE(share("127.0.0.1:80", "127.0.0.1:81"));
  CHECK_FALSE(share("127.0.0.1:80", "127.0.0.2:80"));
  CHECK_FALSE(share("0.0.0.0:80", "[::]:80"));
  CHECK_FALSE(share("unix:/run/a", "unix:/run/b"));
  CHECK_FALSE(share("unix:/run/a", "127.0.0.1:80"));
}
