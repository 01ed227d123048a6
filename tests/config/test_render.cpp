#include "config/diagnostic.h"
#include "support/catch.h"

#include <nlohmann/json.hpp>

using namespace holdfast::config;

TEST_CASE("render: the format of the contract, to the byte") {
  const Diagnostic d{.severity = Severity::error,
                     .file = "/etc/holdfast/holdfast.yaml",
                     .line = 31,
                     .column = 5,
                     .length = 6,
                     .path = "services.postgresql.limits.memroy",
                     .message = "unknown key \"memroy\" in services.postgresql.limits",
                     .hint = "did you mean \"memory\"?",
                     .source_line = "    memroy: 2GiB"};
  CHECK(render(d) ==
        "/etc/holdfast/holdfast.yaml:31:5: error: unknown key \"memroy\" in services.postgresql.limits; "
        "did you mean \"memory\"?\n"
        "   31 |     memroy: 2GiB\n"
        "      |     ^~~~~~\n");
}

TEST_CASE("render: about a file as a whole, without place and excerpt") {
  const Diagnostic d{.severity = Severity::warning, .file = "/f", .message = "not read"};
  CHECK(render(d) == "/f: warning: not read\n");
}

TEST_CASE("render: what could disturb a terminal is not printed, tabs and wide characters keep the caret in "
          "place") {
  Diagnostic d{.file = "f", .line = 1, .column = 8, .length = 1, .message = "m"};
  d.source_line = "\x1b[2Jä\t\xc2\x9bx";
  CHECK(render(d) == "f:1:8: error: m\n    1 | ?[2Jä\t?x\n      |      \t^\n");
}

TEST_CASE("render: of a long line the part around the place is shown") {
  Diagnostic d{.file = "f", .line = 1, .column = 2001, .length = 3, .message = "m"};
  d.source_line = std::string(2000, 'a') + "BAD" + std::string(2000, 'z');
  const std::string text = render(d);
  CHECK(text.find("aBADz") != std::string::npos);
  CHECK(text.size() < 500);
}

TEST_CASE("render: JSON with the keys of the contract, in order, whatever the bytes") {
  const Diagnostic d{.severity = Severity::error,
                     .file = "/f\xff",
                     .line = 1,
                     .column = 2,
                     .path = "a.b",
                     .message = "m",
                     .hint = "h"};
  const std::string text = render_json({d});
  CHECK(text.starts_with(R"([{"file":"/f)"));
  CHECK(
      text.ends_with(R"(","line":1,"column":2,"severity":"error","path":"a.b","message":"m","hint":"h"}])"));
  CHECK(nlohmann::json::parse(text).size() == 1);
  CHECK(render_json({}) == "[]");
}
