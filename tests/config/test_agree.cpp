// The schema, the commented example and the man page against the key table: none of them may say more or
// less.

#include "config/parse.h"
#include "input.h"
#include "key_paths.h"
#include "schema_of_keys.h"
#include "support/catch.h"

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

using namespace holdfast;

namespace {

const std::string directory = HOLDFAST_SOURCE_DIR "/config/";

/// The example with each key in use: "#key" becomes "key", "## text" goes.
std::string uncommented() {
  std::istringstream in(test::contents(directory + "holdfast.yaml.example"));
  std::string text;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("##"))
      line.clear();
    else if (line.starts_with("#"))
      line.erase(0, 1);
    text += line + "\n";
  }
  return text;
}

/// The paths of a file's keys as key_paths() writes them.
void collect(const config::Node& map, const config::Section& section, const std::string& above,
             std::set<std::string>& paths) {
  for (const config::Entry& entry : map.entries) {
    const config::Key* key = section.find(entry.key);
    REQUIRE(key != nullptr);
    const std::string path = above + entry.key;
    paths.insert(path);
    if (key->type != config::Type::section) continue;
    switch (key->shape) {
    case config::Shape::one: collect(*entry.value, *key->section, path + ".", paths); break;
    case config::Shape::list:
      for (const auto& item : entry.value->items)
        collect(*item, *key->section, path + ".", paths);
      break;
    case config::Shape::map:
    case config::Shape::map_or_names:
      for (const auto& named : entry.value->entries)
        collect(*named.value, *key->section, path + ".NAME.", paths);
      break;
    }
  }
}

/// Where the man page tells of a key: what several sections have in common it tells once.
std::string told_at(const std::string& path) {
  const std::map<std::string, std::string> shared = {
      {"services.NAME.ready.", "probe."},
      {"services.NAME.progress.", "probe."},
      {"services.NAME.live.", "probe."},
      {"stack.limits.", "services.NAME.limits."},
      {"stability.restart.", "services.NAME.restart."},
      {"persistence.volumes.NAME.inodes.", "persistence.volumes.NAME.free."}};
  for (const auto& [prefix, place] : shared)
    if (path.starts_with(prefix)) return place + path.substr(prefix.size());
  return path;
}

/// ".Ss Keys of services.NAME" to "services.NAME.", ".Ss Keys of a probe" to "probe.", other headings to "".
std::string section_of(const std::string& heading) {
  const std::string start = ".Ss Keys of ";
  if (!heading.starts_with(start) || heading == start + "a file") return "";
  const std::string of = heading.substr(start.size());
  return (of.starts_with("a ") ? of.substr(2) : of) + ".";
}

/// Each key's path to whether the man page says that it is supported. Keys are ".It Ic KEY ...", the mark is
/// the line "Not supported yet.".
std::map<std::string, bool> documented() {
  std::istringstream in(test::contents(directory + "holdfast.yaml.5"));
  std::map<std::string, bool> keys;
  std::string section;
  std::string last;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string macro;
    std::string second;
    std::string third;
    words >> macro >> second >> third;
    if (macro == ".Ss" || macro == ".Sh") {
      section = section_of(line);
      last.clear();
    } else if (macro == ".It" && second == "Ic") {
      last = section + third;
      keys[last] = true;
    } else if (line == "Not supported yet." && !last.empty()) {
      keys[last] = false;
    }
  }
  return keys;
}

/// A line for each key, so that a failure shows the difference.
std::string as_text(const std::map<std::string, bool>& keys) {
  std::string text;
  for (const auto& [path, supported] : keys)
    text += path + (supported ? "\n" : " (not supported yet)\n");
  return text;
}

} // namespace

TEST_CASE("agreement: the schema is what the key table says") {
  const std::string file = directory + "holdfast.schema.json";
  if (std::getenv("HOLDFAST_WRITE_GOLDEN") != nullptr) std::ofstream(file) << test::schema_of_keys();
  CHECK(test::contents(file) == test::schema_of_keys());
}

TEST_CASE("agreement: the example as it stands is valid and starts nothing") {
  test::Input input;
  const auto loaded = input.load(test::contents(directory + "holdfast.yaml.example"));
  REQUIRE(loaded.stack);
  CHECK(loaded.diagnostics.empty());
  CHECK(loaded.stack->services.empty());
}

TEST_CASE("agreement: the example shows every key, all good but for those that are not supported yet") {
  test::Input input;
  const auto loaded = input.load(uncommented());
  for (const auto& d : loaded.diagnostics) {
    INFO(config::render(d));
    CHECK(d.message.ends_with(" is not supported yet"));
  }
  config::Report report;
  const auto tree =
      config::parse(std::make_shared<config::Source>(config::Source{"example", uncommented()}), report);
  REQUIRE(tree);
  std::set<std::string> shown;
  collect(*tree, config::stack_file, "", shown);
  std::set<std::string> told;
  for (const std::string& path : shown)
    told.insert(told_at(path));
  for (const auto& [path, supported] : test::key_paths(config::stack_file)) {
    INFO(path);
    CHECK(told.contains(told_at(path)));
  }
}

TEST_CASE("agreement: the man page has every key, no other, and marks what is not supported yet") {
  std::map<std::string, bool> keys;
  for (const auto& [path, supported] : test::key_paths(config::stack_file))
    keys[told_at(path)] |= supported;
  CHECK(as_text(documented()) == as_text(keys));
}
