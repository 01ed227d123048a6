#include "support/catch.h"
#include "wire/archives.h"

using namespace holdfast;
using namespace holdfast::wire;
using namespace std::chrono_literals;

TEST_CASE("archives: orders and tidings come back as they were") {
  for (const Compression compression : {Compression::none, Compression::zstd, Compression::gzip})
    for (const std::optional<std::uint64_t> files :
         {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(3)}) {
      const ArchiveOrders orders{.compression = compression,
                                 .keep = {.age = 90 * 24h + 1ms, .total = 5ULL << 30U, .files = files},
                                 .free = {.warn = 10, .stop = 5},
                                 .lock = "/run/holdfast/\"a\""};
      const auto read = decode_archive_orders(encode(orders));
      REQUIRE(read);
      CHECK(read.value() == orders);
    }
  ArchiveTidings tidings;
  tidings.removed = {RemovedArchives{.files = 1, .bytes = 2}, RemovedArchives{.files = 3, .bytes = 4},
                     RemovedArchives{.files = 5, .bytes = 1ULL << 60U},
                     RemovedArchives{.files = 7, .bytes = 8}};
  tidings.trouble = "a\nb";
  const auto read = decode_archive_tidings(encode(tidings));
  REQUIRE(read);
  CHECK(read.value() == tidings);
  CHECK(encode(tidings).find('\n') == std::string::npos);
}

TEST_CASE("archives: a line of tidings has its bound") {
  ArchiveTidings tidings;
  tidings.trouble = std::string(100'000, '"');
  CHECK(encode(tidings).size() < longest_archive_tidings);
}

TEST_CASE("archives: what is no order and no tidings is refused") {
  const std::string orders = encode(ArchiveOrders{});
  for (
      const std::string& text :
      {std::string(), std::string("[]"), std::string("{}"), orders.substr(0, orders.size() - 1),
       orders.substr(0, orders.size() - 1) + ",\"more\":1}",
       std::string(
           R"({"compress":"xz","keep_for_ms":1,"keep_total":1,"keep_files":null,"free_warn":0,"free_stop":0,"lock":""})"),
       std::string(
           R"({"compress":"zstd","keep_for_ms":-1,"keep_total":1,"keep_files":null,"free_warn":0,"free_stop":0,"lock":""})"),
       std::string(
           R"({"compress":"zstd","keep_for_ms":18446744073709551615,"keep_total":1,"keep_files":null,"free_warn":0,"free_stop":0,"lock":""})")}) {
    INFO(text);
    CHECK_FALSE(decode_archive_orders(text));
  }
  for (const std::string& text :
       {std::string(), std::string("it broke"), std::string("{}"), std::string(R"({"trouble":""})"),
        std::string(R"({"removed":{},"trouble":""})"), std::string(R"({"removed":null,"trouble":""})")}) {
    INFO(text);
    CHECK_FALSE(decode_archive_tidings(text));
  }
}
