#include "support/catch.h"
#include "wire/log_name.h"

using namespace holdfast;
using namespace holdfast::wire;

TEST_CASE("log name: what was put aside and its forms") {
  const auto plain = parse_log_name("redis.log-20261124T065330.123456Z");
  REQUIRE(plain);
  CHECK(plain->service == "redis");
  CHECK(plain->moment == "20261124T065330.123456Z");
  CHECK(format_utc(plain->put_aside) == "2026-11-24T06:53:30.123456Z");
  CHECK(plain->compression == Compression::none);
  CHECK_FALSE(plain->unfinished);
  for (const auto& [ending, compression] :
       {std::pair{".zst", Compression::zstd}, std::pair{".gz", Compression::gzip}}) {
    const std::string text = "a-1.log-20200229T235959.000000Z" + std::string(ending);
    const auto name = parse_log_name(text);
    REQUIRE(name);
    CHECK(name->service == "a-1");
    CHECK(name->compression == compression);
    CHECK_FALSE(name->unfinished);
    CHECK(text_of(*name) == text);
    const auto temporary = parse_log_name(text + ".tmp");
    REQUIRE(temporary);
    CHECK(*temporary == unfinished(*name));
    CHECK(text_of(*temporary) == text + ".tmp");
  }
  CHECK(text_of(as(*plain, Compression::gzip)) == "redis.log-20261124T065330.123456Z.gz");
}

TEST_CASE("log name: a moment comes back from the name that it is put into") {
  const WallTime moment{std::chrono::seconds(1795503210) + std::chrono::nanoseconds(123456789)};
  const LogName made = log_put_aside("redis", moment);
  CHECK(text_of(made) == "redis.log-20261124T065330.123456Z");
  const auto read = parse_log_name(text_of(made));
  REQUIRE(read);
  CHECK(read->put_aside == std::chrono::floor<std::chrono::microseconds>(moment));
  CHECK(current_log("redis") == "redis.log");
}

TEST_CASE("log name: what is not exactly ours is nobody's") {
  const std::string longest(63, 'a');
  CHECK(parse_log_name(longest + ".log-20261124T065330.123456Z"));
  for (const std::string& text :
       {std::string(),
        std::string("redis.log"),
        std::string("redis.log.new"),
        std::string("redis.log-"),
        std::string("redis.log.1"),
        std::string("redis.log-20261124"),
        std::string("redis.log-20261124.gz"),
        std::string("redis.log-20261124T065330.123456Z.tmp"),
        std::string("redis.log-20261124T065330.123456Z.xz"),
        std::string("redis.log-20261124T065330.123456Z.zst.gz"),
        std::string("redis.log-20261124T065330.123456Z.zst.tmp.tmp"),
        std::string("redis.log-20261124T065330.123456Z "),
        std::string("redis.log-20261124T065330.12345Z"),
        std::string("redis.log-20261124T065330,123456Z"),
        std::string("redis.log-20261324T065330.123456Z"),
        std::string("redis.log-20260229T065330.123456Z"),
        std::string("redis.log-20261124T245330.123456Z"),
        std::string("redis.log-20261124T066030.123456Z"),
        std::string("redis.log-20261124T065360.123456Z"),
        std::string("redis.log-00001124T065330.123456Z"),
        std::string("redis.log-99991124T065330.123456Z"),
        std::string("redis.log-2026112aT065330.123456Z"),
        std::string("Redis.log-20261124T065330.123456Z"),
        std::string("1redis.log-20261124T065330.123456Z"),
        std::string(".log-20261124T065330.123456Z"),
        std::string("../redis.log-20261124T065330.123456Z"),
        std::string("re dis.log-20261124T065330.123456Z"),
        std::string("redis.log-20261124T065330.123456Z.log-20261124T065330.123456Z"),
        "a" + longest + ".log-20261124T065330.123456Z"}) {
    INFO(text);
    CHECK_FALSE(parse_log_name(text));
  }
}
