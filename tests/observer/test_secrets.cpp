#include "observer/secrets.h"

#include "support/catch.h"

namespace holdfast::observer {
namespace {

TEST_CASE("a secret is masked wherever it stands, by itself and as basic authentication", "[observer]") {
  const Secrets secrets({.user = "ada", .secret = "pass-word"});
  REQUIRE(secrets.masked("pass-word,YWRhOnBhc3Mtd29yZA== pass-word") == "***,*** ***");
  REQUIRE(secrets.masked("passwords of ada") == "passwords of ada");
  REQUIRE(Secrets({.secret = "pass-word"}).masked("a pass-word") == "a ***");
}

TEST_CASE("a secret is masked before anything is cut", "[observer]") {
  const Secrets secrets({.user = "ada", .secret = "two  words"});
  REQUIRE(secrets.excerpt("12345 two  words", 8) == "12345 **…");
  REQUIRE(secrets.excerpt("two  words, 5678901234", 8) == "***, 567…");
  REQUIRE(secrets.quoted(std::string(59, 'x') + "two  words") == '"' + std::string(59, 'x') + "*…\"");
}

TEST_CASE("the beginning of a secret at the end of what was heard is masked", "[observer]") {
  const Secrets secrets({.user = "ada", .secret = "pass-word"});
  REQUIRE(secrets.masked("said: pass-wor") == "said: ***");
  REQUIRE(secrets.masked("said: YWRhOnBhc3M") == "said: ***");
  REQUIRE(secrets.masked("pass") == "***");
  REQUIRE(secrets.masked("a pas") == "a pas");
  REQUIRE(secrets.masked("pass, said ada") == "pass, said ada");
}

TEST_CASE("no password, and one that is the user's name, mask nothing", "[observer]") {
  REQUIRE(Secrets().masked("a key") == "a key");
  REQUIRE(Secrets({.user = "ada"}).masked("YWRhOg== ada") == "YWRhOg== ada");
  REQUIRE(Secrets({.user = "guest", .secret = "guest"}).masked("user guest") == "user guest");
}

} // namespace
} // namespace holdfast::observer
