#include "support/catch.h"
#include "wire/control.h"

#include <string>
#include <utility>
#include <vector>

using namespace holdfast::wire;

namespace {

std::string mistake_in(std::string_view line) {
  const auto request = decode_request(line);
  return request ? "" : request.error().what;
}

} // namespace

TEST_CASE("a request is the same after its journey") {
  const std::vector<ControlRequest> requests = {
      {.verb = ControlVerb::status, .follow = true},
      {.verb = ControlVerb::start, .services = {"redis", "worker-2"}},
      {.verb = ControlVerb::stop, .services = {}, .wait = false},
      {.verb = ControlVerb::restart, .services = {"a"}},
      {.verb = ControlVerb::events, .follow = true, .last = 18446744073709551615U},
      {.verb = ControlVerb::logs, .services = {"redis"}},
      {.verb = ControlVerb::version},
      {.verb = ControlVerb::plan},
      {.verb = ControlVerb::reload, .wait = false},
      {.verb = ControlVerb::door, .open = true},
      {.verb = ControlVerb::door},
      {.verb = ControlVerb::task, .services = {"migration"}},
      {.verb = ControlVerb::explain, .services = {"redis"}},
      {.verb = ControlVerb::explain},
      {.verb = ControlVerb::adopt, .volume = "database"},
      {.verb = ControlVerb::events, .follow = true, .sequence = 17},
      {.verb = ControlVerb::adopt, .volume = "database", .id = 18446744073709551615U},
      {.verb = ControlVerb::stop, .services = {"redis"}, .id = 1},
      {.verb = ControlVerb::reload, .wait = false, .id = 2},
      {.verb = ControlVerb::task, .services = {"migration"}, .id = 3, .accepted = true},
      {.verb = ControlVerb::door, .open = true, .id = 4, .accepted = true},
      {.verb = ControlVerb::upgrade},
      {.verb = ControlVerb::upgrade, .id = 5},
      {.verb = ControlVerb::upgrade, .id = 5, .accepted = true}};
  for (const ControlRequest& request : requests) {
    const std::string line = encode(request);
    INFO(line);
    CHECK(line.find('\n') == std::string::npos);
    const auto read = decode_request(line);
    REQUIRE(read.ok());
    CHECK(read.value() == request);
  }
}

TEST_CASE("what a request leaves out has its default") {
  const auto request = decode_request(R"({"verb":"stop"})");
  REQUIRE(request.ok());
  CHECK(request.value() == ControlRequest{.verb = ControlVerb::stop});
  CHECK(request.value().wait);
}

TEST_CASE("a request that is not to be asked again looks as it always did") {
  CHECK(encode(ControlRequest{.verb = ControlVerb::stop}) == R"({"verb":"stop","services":[],"wait":true})");
  CHECK(encode(ControlRequest{.verb = ControlVerb::events, .last = 3}) ==
        R"({"verb":"events","follow":false,"last":3})");
  CHECK(encode(ControlRequest{.verb = ControlVerb::upgrade}) == R"({"verb":"upgrade"})");
}

TEST_CASE("a request that is not one is refused in words") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "not JSON"},
      {"status", "not JSON"},
      {R"({"verb":"status")", "not JSON"},
      {R"({"verb":"status"}{"verb":"stop"})", "not JSON"},
      {R"({"verb":"status"} x)", "not JSON"},
      {R"(["status"])", "not a JSON object"},
      {R"("status")", "not a JSON object"},
      {"null", "not a JSON object"},
      {"{}", "key \"verb\" is missing"},
      {R"({"verb":7})", "key \"verb\" has the wrong type"},
      {R"({"verb":""})", "key \"verb\" is empty"},
      {R"({"verb":"exec"})", "unknown verb \"exec\""},
      {R"({"verb":"STATUS"})", "unknown verb \"STATUS\""},
      {R"({"verb":"status","verb":"stop"})", "key \"verb\" stands twice"},
      {R"({"verb":"status","command":["sh"]})", "unknown key \"command\""},
      {R"({"verb":"status","services":[]})", "unknown key \"services\""},
      {R"({"verb":"stop","follow":true})", "unknown key \"follow\""},
      {R"({"verb":"stop","services":"redis"})", "key \"services\" has the wrong type"},
      {R"({"verb":"stop","services":[1]})", "key \"services\" has the wrong type"},
      {R"({"verb":"stop","services":[["redis"]]})", "key \"services\" has the wrong type"},
      {R"({"verb":"stop","wait":1})", "key \"wait\" has the wrong type"},
      {R"({"verb":"stop","wait":null})", "key \"wait\" has the wrong type"},
      {R"({"verb":"plan","services":["a"]})", "unknown key \"services\""},
      {R"({"verb":"door"})", "key \"open\" is missing"},
      {R"({"verb":"task"})", "a task is one service"},
      {R"({"verb":"task","services":["a","b"]})", "a task is one service"},
      {R"({"verb":"explain","services":["a","b"]})", "one service is explained at a time"},
      {R"({"verb":"events","sequence":-1})", "key \"sequence\" has the wrong type"},
      {R"({"verb":"status","sequence":1})", "unknown key \"sequence\""},
      {R"({"verb":"status","id":1})", "unknown key \"id\""},
      {R"({"verb":"stop","id":"1"})", "key \"id\" has the wrong type"},
      {R"({"verb":"stop","id":18446744073709551616})", "key \"id\" has the wrong type"},
      {R"({"verb":"stop","accepted":true})", "what was accepted has an id"},
      {R"({"verb":"stop","id":1,"accepted":1})", "key \"accepted\" has the wrong type"},
      {R"({"verb":"adopt","volume":"a","id":1,"accepted":true})", "unknown key \"accepted\""},
      {R"({"verb":"upgrade","services":["a"]})", "unknown key \"services\""},
      {R"({"verb":"upgrade","wait":false})", "unknown key \"wait\""},
      {R"({"verb":"upgrade","accepted":true})", "what was accepted has an id"},
      {R"({"verb":"events","last":-1})", "key \"last\" has the wrong type"},
      {R"({"verb":"events","last":1e3})", "key \"last\" has the wrong type"},
      {R"({"verb":"events","last":99999999999999999999999})", "key \"last\" has the wrong type"}};
  for (const auto& [line, mistake] : cases) {
    INFO(line);
    CHECK(mistake_in(line) == mistake);
  }
}

TEST_CASE("names outside the grammar are refused") {
  const std::vector<std::string> names = {
      "",   "../x",  "--force",  "Redis",    "redis/x",          "1redis",
      "-a", "r dis", "redis\\n", "r\\u0000", "\xd1\x80\xd0\xb5", std::string(64, 'a')};
  for (const std::string& name : names) {
    INFO(name);
    const std::string mistake = mistake_in(R"({"verb":"stop","services":[")" + name + R"("]})");
    CHECK(mistake.find("is not a service name") != std::string::npos);
  }
  CHECK(is_service_name(std::string(63, 'a')));
}

TEST_CASE("one volume is adopted, by a name that is one") {
  CHECK(mistake_in(R"({"verb":"adopt"})") == "key \"volume\" is missing");
  CHECK(mistake_in(R"({"verb":"adopt","volume":"../x"})") == "\"../x\" is not the name of a volume");
  CHECK(mistake_in(R"({"verb":"status","volume":"database"})") == "unknown key \"volume\"");
}

TEST_CASE("an answer repeats no control character of the request") {
  const std::string mistake = mistake_in(R"({"verb":"\u001b[2J\u009b\u0000"})");
  CHECK(mistake.find("unknown verb") == 0);
  for (const char c : mistake)
    CHECK((c >= ' ' && c <= '~'));
}

TEST_CASE("invalid bytes, NULs and endless nesting are refused") {
  CHECK(mistake_in("{\"verb\":\"\xff\"}") == "not JSON");
  CHECK(mistake_in("{\"verb\":\"\xc0\xaf\"}") == "not JSON");
  CHECK(mistake_in("{\"verb\":\"\xed\xa0\x80\"}") == "not JSON");
  CHECK(mistake_in(std::string("{\"verb\":\0\"status\"}", 18)) == "not JSON");
  CHECK(mistake_in(std::string("\0\0\0\0", 4)) == "not JSON");
  CHECK(mistake_in(std::string(longest_request, '[')) == "JSON nested too deeply");
  std::string objects;
  while (objects.size() < longest_request - 8)
    objects += "{\"a\":";
  CHECK(mistake_in(objects) == "JSON nested too deeply");
  CHECK(mistake_in(std::string(longest_request + 1, ' ')) == "the request is too long");
  CHECK(mistake_in(std::string(1U << 20, 'a')) == "the request is too long");
}

TEST_CASE("no prefix of a request is a request") {
  const std::string line = encode(ControlRequest{.verb = ControlVerb::stop, .services = {"redis", "worker"}});
  for (std::size_t size = 0; size < line.size(); ++size)
    CHECK_FALSE(decode_request(line.substr(0, size)).ok());
}
