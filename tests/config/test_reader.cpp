#include "config/parse.h"
#include "support/catch.h"

using namespace holdfast::config;

namespace {

struct Read {
  NodePtr tree;
  std::vector<Diagnostic> told;
};

Read read(std::string text) {
  Report report;
  const auto source = std::make_shared<Source>(Source{"f.yaml", std::move(text)});
  NodePtr tree = parse(source, report);
  return {std::move(tree), report.sorted({})};
}

void refused(const std::string& text, const std::string& message, int line, int column) {
  const Read result = read(text);
  INFO(text);
  REQUIRE(result.told.size() == 1);
  CHECK(result.told.front().message == message);
  CHECK(result.told.front().line == line);
  CHECK(result.told.front().column == column);
}

CoreType type_of(const std::string& scalar) {
  const Read result = read("a: " + scalar + "\n");
  REQUIRE(result.tree);
  return core_type(*result.tree->value("a"));
}

} // namespace

TEST_CASE("reader: every value has its place") {
  const Read result = read("a: 1\nbb:\n  - \"x y\"\n  - {c: d}\ne:\nf: g # h\n");
  REQUIRE(result.tree);
  CHECK(result.told.empty());
  const Node& list = *result.tree->value("bb");
  const Node& text = *list.items[0];
  CHECK(text.text == "x y");
  CHECK(text.place.line == 3);
  CHECK(text.place.column == 5);
  CHECK(text.place.length == 5);
  const Node& d = *list.items[1]->value("c");
  CHECK(d.place.line == 4);
  CHECK(d.place.column == 9);
  CHECK(result.tree->value("e")->kind == Kind::null);
  CHECK(result.tree->value("e")->place.line == 5);
  CHECK(result.tree->value("f")->place.length == 1);
  CHECK(result.tree->find("bb")->place.length == 2);
}

TEST_CASE("reader: CRLF changes nothing") {
  const Read result = read("a: 'b'\r\nc: d\r\n");
  REQUIRE(result.tree);
  CHECK(result.told.empty());
  CHECK(result.tree->value("a")->text == "b");
  CHECK(result.tree->value("a")->place.length == 3);
  CHECK(result.tree->value("c")->text == "d");
  CHECK(result.tree->value("c")->place.line == 2);
}

TEST_CASE("reader: YAML 1.2's core types and no others") {
  for (const char* text : {"true", "True", "FALSE"})
    CHECK(type_of(text) == CoreType::boolean);
  for (const char* text : {"0", "-1", "+1", "0777", "0o17", "0xff"})
    CHECK(type_of(text) == CoreType::integer);
  for (const char* text : {"1.5", ".5", "1.", "1e3", "-.inf", ".nan"})
    CHECK(type_of(text) == CoreType::real);
  for (const char* text : {"~", "null", "NULL", ""})
    CHECK(type_of(text) == CoreType::null);
  for (const char* text : {"yes", "no", "on", "off", "y", "'8'", "\"true\"", "1_000", "0b1", "12:30:45",
                           "2026-11-24", "10s", ".", "e3", "1e", "0x", "'~'"})
    CHECK(type_of(text) == CoreType::text);
}

TEST_CASE("reader: what the contract rules out, each in its place") {
  refused("a: &x 1\n", "anchors are not allowed", 1, 4);
  refused("a: &x {b: 1}\n", "anchors are not allowed", 1, 4);
  refused("a: !!str 1\n", "tags are not allowed", 1, 4);
  refused("a: ! b\n", "tags are not allowed", 1, 4);
  refused("a: !x [1]\n", "tags are not allowed", 1, 4);
  refused("a: {<<: {b: 1}}\n", "merge keys are not allowed", 1, 5);
  refused("a: 1\nb: 2\na: 3\n", "duplicate key \"a\"", 3, 1);
  refused("a: 1\n\"a\": 3\n", "duplicate key \"a\"", 2, 1);
  refused("a: 1\n---\nb: 2\n", "a second document", 2, 1);
  refused("a: 1\n...\n---\n", "a second document", 3, 1);
  refused("[a]\nb: 1\n", "a second document", 2, 1);
  refused("? [a]\n: 1\n", "a list or keys in the place of a key", 1, 3);
  refused("{a: 1}: 2\n", "a list or keys in the place of a key", 1, 1);
  refused("~: 1\n", "a key is missing", 1, 1);
  refused("a: 1\n'': 1\n", "a key is missing", 2, 1);
  refused("a: \"b\nc: d\n", "the closing quote is missing", 1, 4);
  refused("a: 'b''\nc: d\n", "the closing quote is missing", 1, 4);
  refused("a: 1\nb: \xff\n", "not UTF-8 in the file", 2, 4);
  refused("a: \xc0\xaf\n", "not UTF-8 in the file", 1, 4);
  refused("a: \xed\xa0\x80\n", "not UTF-8 in the file", 1, 4);
  refused(std::string("a: \0b\n", 6), "a NUL byte in the file", 1, 4);
  refused("a: \x04\nb: 1\n", "a control character in the file", 1, 4);
  refused("a: b\rc: d\n", "a control character in the file", 1, 5);
  refused("a: \x1b[2J\n", "a control character in the file", 1, 4);
  refused("a: \"b\\0c\"\n", "escapes that make a NUL or no UTF-8", 1, 4);
}

TEST_CASE("reader: an alias is told, and what it stands for is not missed") {
  const Read result = read("a: &x 1\nb: *x\nc: *y\n");
  REQUIRE(!result.told.empty());
  CHECK(result.told[0].message == "anchors are not allowed");
  CHECK(result.told[1].message == "aliases are not allowed");
}

TEST_CASE("reader: mistakes that leave the rest readable are told together") {
  const Read result = read("a: !x 1\na: 2\nb: &c d\n<<: {e: f}\ng: h\n");
  CHECK(result.told.size() == 4);
  REQUIRE(result.tree);
  CHECK(result.tree->value("g")->text == "h");
}

TEST_CASE("reader: no YAML at all has its place") {
  const Read result = read("a: [b\n");
  CHECK(result.told.size() == 1);
  CHECK(result.told.front().message.starts_with("not YAML: "));
  CHECK_FALSE(result.tree);
}

TEST_CASE("reader: an empty file is an empty map") {
  for (const char* text : {"", "# nothing\n", "\n\n"}) {
    const Read result = read(text);
    REQUIRE(result.tree);
    CHECK(result.tree->kind == Kind::map);
    CHECK(result.told.empty());
  }
}
