#include "observer/libpq_words.h"

#include "observer/look.h"
#include "support/catch.h"

namespace holdfast::observer {
namespace {

using wire::ProbeVerdict;

/// libpq's own text, for one address.
std::string error_at(const std::string& address, const std::string& reason) {
  return "connection to server at \"" + address + "\", port 5432 failed: " + reason + "\n";
}

} // namespace

TEST_CASE("libpq's words: what the server said is found with its code", "[postgresql]") {
  const auto refusal = refusal_in(error_at(
      "127.0.0.1",
      "FATAL:  28P01: password authentication failed for user \"rdm\"\nLOCATION:  auth_failed, auth.c:334"));
  CHECK(refusal.sqlstate == "28P01");
  CHECK(refusal.words == "password authentication failed for user \"rdm\"");
}

TEST_CASE("libpq's words: the severity may be in any language", "[postgresql]") {
  CHECK(refusal_in(error_at("::1", "ВАЖНО:  57P03: der Start")).sqlstate == "57P03");
  CHECK(refusal_in(error_at("::1", "a:  b:  57P03: c")).words == "c");
}

TEST_CASE("libpq's words: what only looks like a code is none", "[postgresql]") {
  for (const std::string text :
       {":  57p03: x", ":  57P0: x", ":  57P033: x", ":  57P03 x", ": 57P03: x", ":  57P03"})
    CHECK(refusal_in(text).sqlstate.empty());
}

TEST_CASE("libpq's words: of several attempts the last one counts", "[postgresql]") {
  const std::string refused = error_at("::1", "Connection refused\n\tIs the server running?");
  const std::string starting = error_at("127.0.0.1", "FATAL:  57P03: starts\nDETAIL:  slowly");
  CHECK(refusal_in(refused + starting).sqlstate == "57P03");
  CHECK(refusal_in(refused + starting).words == "starts");
  CHECK(refusal_in(starting + refused).sqlstate.empty());
  CHECK(refusal_in(starting + refused).words == "Connection refused");
}

TEST_CASE("libpq's words: an attempt that is under way says nothing", "[postgresql]") {
  const std::string under_way = "connection to server at \"::1\", port 5432 failed: ";
  CHECK(refusal_in(under_way).words.empty());
  CHECK(refusal_in(error_at("::1", "FATAL:  28P01: no\nLOCATION:  auth_failed") + under_way).sqlstate ==
        "28P01");
}

TEST_CASE("libpq's words: without anything said there is nothing", "[postgresql]") {
  CHECK(refusal_in("").words.empty());
  CHECK(refusal_in("\n\n").words.empty());
  CHECK(refusal_in("out of memory\n").words == "out of memory");
}

TEST_CASE("libpq's words: an error of the system is told and judged as other probes do", "[postgresql]") {
  CHECK(without_server({"", "Connection refused"}, "db:5432") ==
        Answer{ProbeVerdict::failed, "db:5432: Connection refused"});
  CHECK(without_server({"", "could not create socket: Too many open files"}, "db:5432") ==
        Answer{ProbeVerdict::unknown, "db:5432: Too many open files"});
  CHECK(without_server({"", "Permission denied"}, "unix:/x").verdict == ProbeVerdict::unknown);
  CHECK(without_server({"", "server closed the connection unexpectedly"}, "db:5432") ==
        Answer{ProbeVerdict::failed, "server closed the connection unexpectedly"});
}

} // namespace holdfast::observer
