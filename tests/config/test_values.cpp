#include "config/suggest.h"
#include "config/values.h"
#include "config/words.h"
#include "support/catch.h"

using namespace holdfast;
using namespace holdfast::config;
using namespace std::chrono_literals;

namespace {

template <typename T>
T good(const Parsed<T>& parsed) {
  REQUIRE(std::holds_alternative<T>(parsed));
  return std::get<T>(parsed);
}

template <typename T>
bool bad(const Parsed<T>& parsed) {
  return std::holds_alternative<Flaw>(parsed) && !std::get<Flaw>(parsed).message.empty();
}

using Words = std::vector<std::string>;

} // namespace

TEST_CASE("values: times have a unit") {
  CHECK(good(parse_duration("1500ms")) == 1500ms);
  CHECK(good(parse_duration("30s")) == 30s);
  CHECK(good(parse_duration("10m")) == 10min);
  CHECK(good(parse_duration("2h")) == 2h);
  CHECK(good(parse_duration("7d")) == 168h);
  CHECK(good(parse_duration("0s")) == 0s);
  for (const char* text : {"30", "0", "", "s", "1.5s", "-1s", "1 s", "1m30s", "1w", "1S",
                           "99999999999999999999s", "9999999999d", "1s "})
    CHECK(bad(parse_duration(text)));
  CHECK(std::get<Flaw>(parse_duration("30")).message == "\"30\" has no unit");
}

TEST_CASE("values: sizes have a unit, and only powers of two have one") {
  CHECK(good(parse_size("512MiB")) == 512ULL << 20);
  CHECK(good(parse_size("1TiB")) == 1ULL << 40);
  CHECK(good(parse_size("0KiB")) == 0);
  for (const char* text : {"512", "512MB", "512M", "1.5GiB", "MiB", "-1KiB", "99999999TiB", "512mib"})
    CHECK(bad(parse_size(text)));
}

TEST_CASE("values: shares, counts, numbers, modes, signals") {
  CHECK(good(parse_share("20%")) == 20);
  CHECK(bad(parse_share("20")));
  CHECK(bad(parse_share("%")));
  CHECK(good(parse_count("5 in 10m")).number == 5);
  CHECK(good(parse_count("5 in 10m")).window == 10min);
  for (const char* text : {"5", "5 in 10", "5 in", "in 10m", "5 per 10m", "5 in 0s", "-5 in 1m"})
    CHECK(bad(parse_count(text)));
  CHECK(good(parse_integer("0777")) == 777);
  CHECK(good(parse_integer("0o17")) == 15);
  CHECK(good(parse_integer("0x1F")) == 31);
  CHECK(good(parse_integer("-12")) == -12);
  CHECK(good(parse_integer("+12")) == 12);
  for (const char* text : {"", "+-1", "0x", "0x-1", "1_000", "1e3", "9223372036854775808"})
    CHECK(bad(parse_integer(text)));
  CHECK(good(parse_mode("0027")) == 027);
  CHECK(good(parse_mode("750")) == 0750);
  for (const char* text : {"8", "0o750", "0788", "00027", "-27", ""})
    CHECK(bad(parse_mode(text)));
  CHECK(good(parse_signal("SIGINT")) == 2);
  CHECK(std::get<Flaw>(parse_signal("TERM")).hint == "did you mean \"SIGTERM\"?");
  CHECK(bad(parse_signal("15")));
  CHECK(good(parse_decimal("1.5")) == 1.5);
  for (const char* text : {"-1", "1e3", "nan", "inf", ""})
    CHECK(bad(parse_decimal(text)));
}

TEST_CASE("values: names, users, variables") {
  CHECK(check_name("invenio-worker-2").none());
  CHECK(check_name("a" + std::string(62, 'b')).none());
  for (const std::string& text :
       {std::string(), std::string("Redis"), std::string("2fast"), std::string("-a"), std::string("a_b"),
        std::string("../x"), std::string("r\xc3\xa9"), "a" + std::string(63, 'b')})
    CHECK_FALSE(check_name(text).none());
  CHECK(check_user("_apt").none());
  for (const char* text : {"0day", "1000", "-x", "a b", "a:b", ""})
    CHECK_FALSE(check_user(text).none());
  CHECK(check_variable("PATH_2").none());
  for (const char* text : {"2X", "A-B", "A=B", "", "NOTIFY_SOCKET"})
    CHECK_FALSE(check_variable(text).none());
  CHECK(check_capability("CAP_NET_BIND_SERVICE").none());
  CHECK(check_capability("CAP_NET_BIND_SERVCE").hint == "did you mean \"CAP_NET_BIND_SERVICE\"?");
}

TEST_CASE("values: paths, addresses, URLs") {
  CHECK(check_path("/run/redis").none());
  CHECK(check_path("/").none());
  for (const char* text : {"run", "", "/a/../b", "/a/.", "/a\nb"})
    CHECK_FALSE(check_path(text).none());
  for (const char* text : {"127.0.0.1:443", "[::1]:443", "localhost:1", "unix:/run/x.sock"})
    CHECK(check_address(text).none());
  for (const char* text :
       {"443", ":443", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "unix:x", "a b:1", "[]:1"})
    CHECK_FALSE(check_address(text).none());
  CHECK(check_url("https://repository.example.org").none());
  CHECK(check_url("http://[::1]:5000/ping?x=1").none());
  for (const char* text : {"repository.example.org", "https://", "ftp://x", "https://a b", "https://u:p@x/",
                           "http://127.0.0.1:99999/",
                           "https://b\xc3\xbc"
                           "cher.example"})
    CHECK_FALSE(check_url(text).none());
}

TEST_CASE("words: split as systemd splits") {
  const auto words = [](std::string_view text) { return std::get<Words>(split_words(text)); };
  CHECK(words("/bin/echo a  b\tc\n") == Words{"/bin/echo", "a", "b", "c"});
  CHECK(words("/bin/x \"a b\" 'c d' ''") == Words{"/bin/x", "a b", "c d", ""});
  CHECK(words(R"(/x "a\"b" 'it\'s' \x41\102 a\sb \u00e4)") == Words{"/x", "a\"b", "it's", "AB", "a b", "ä"});
  CHECK(words("/x $HOME ${A} * ~ ; | >y") == Words{"/x", "$HOME", "${A}", "*", "~", ";", "|", ">y"});
  CHECK(words("").empty());
}

TEST_CASE("words: what is not closed or unknown is told") {
  for (const char* text : {"/x \"a", "/x 'a", "/x \\", "/x \\q", "/x \\x4", "/x \\000", "/x \\x00",
                           "/x \\ud800", "/x \\xff", "/x \\400", "/x \\U00110000"})
    CHECK(std::holds_alternative<Flaw>(split_words(text)));
}

TEST_CASE("suggest: near words only") {
  CHECK(did_you_mean("memroy", {"swap", "memory", "memory_high"}) == "did you mean \"memory\"?");
  CHECK(did_you_mean("comand", {"command", "user"}) == "did you mean \"command\"?");
  CHECK(did_you_mean("usr", {"user"}) == "did you mean \"user\"?");
  CHECK(did_you_mean("xyzzy", {"command", "user"}).empty());
  CHECK(did_you_mean("", {"a"}).empty());
  CHECK(did_you_mean(std::string(100'000, 'a'), {"a"}).empty());
}
