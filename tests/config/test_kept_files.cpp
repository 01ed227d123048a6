#include "config/kept_files.h"
#include "config/key_changes.h"
#include "input.h"
#include "support/catch.h"

#include <algorithm>
#include <filesystem>

using namespace holdfast;

namespace {

/// Written, loaded, and taken off the disk again.
config::Loaded load_and_remove(test::Input& input, const std::string& text) {
  auto loaded = input.load(text);
  for (const char* name : {"holdfast.yaml", "stack.d", "presets"})
    std::filesystem::remove_all(input.path() + "/" + name);
  return loaded;
}

config::KeptFiles some_files() {
  config::KeptFiles kept{.file = "/etc/holdfast/holdfast.yaml",
                         .preset_directories = {"/a", "/b"},
                         .cpus = 7,
                         .root = false,
                         .under_systemd = true};
  const config::Source source{
      .path = kept.file,
      .text = "stack: {name: s}\n",
      .state = {
          .is_there = true, .device = 1, .inode = 2, .size = 3, .mode = 4, .modified = -5, .changed = 6}};
  kept.sources.push_back(std::make_shared<config::Source>(source));
  kept.absent = {"/a/small.yaml"};
  kept.directories.push_back({.path = "/etc/holdfast/stack.d", .state = source.state, .names = {"x", "y"}});
  return kept;
}

std::string refusal(const std::string& bytes) {
  const auto decoded = config::decode_kept_files(bytes);
  return decoded ? "" : decoded.error().what;
}

} // namespace

TEST_CASE("kept files: a configuration is the same again when its files are gone") {
  test::Input input;
  input.write("stack.d/10.yaml", "services: {b: {preset: small, with: {port: 81}, needs: [a]}}\n");
  input.write("stack.d/note.txt", "no part of it");
  input.write("presets/small.yaml", "about: small\nparameters: {port: {about: a port, default: 80}}\n"
                                    "service: {command: [/bin/b, \"${port}\"], user: daemon}\n");
  input.options.cpus = 5;
  const auto first = load_and_remove(
      input, "stack: {name: s}\nservices: {a: {command: [/bin/a], user: daemon}, redis: {preset: redis}}\n");
  CAPTURE(test::rendered(first, input.path()));
  REQUIRE(first.stack);
  REQUIRE_FALSE(first.diagnostics.empty());

  const auto decoded = config::decode_kept_files(config::encode(first.kept));
  REQUIRE(decoded.ok());
  const auto again = config::load(decoded.value());
  CAPTURE(test::rendered(again, input.path()));
  REQUIRE(again.stack);
  CHECK(*again.stack == *first.stack);
  CHECK(again.stack->start_at_once == 5);
  CHECK(config::key_changes(first.tree.get(), again.tree.get(), "").empty());
  CHECK(test::rendered(again, input.path()) == test::rendered(first, input.path()));
  CHECK(config::encode(again.kept) == config::encode(first.kept));
}

TEST_CASE("kept files: the commented example is the same again") {
  test::Input input;
  const auto first =
      load_and_remove(input, test::contents(HOLDFAST_SOURCE_DIR "/tests/config/good/everything.yaml"));
  REQUIRE(first.stack);
  const auto again = config::load(first.kept);
  REQUIRE(again.stack);
  CHECK(*again.stack == *first.stack);
  CHECK(config::key_changes(first.tree.get(), again.tree.get(), "").empty());
}

TEST_CASE("kept files: what came to the machine meanwhile is not looked at") {
  test::Input input;
  input.options.preset_directories = {input.path() + "/own", input.path() + "/presets"};
  input.write("presets/small.yaml",
              "about: small\nservice: {command: [/bin/b], user: nobody-of-this-name}\n");
  const auto first = input.load("stack: {name: s}\nservices: {a: {preset: small}}\n");
  REQUIRE(first.stack);
  input.write("own/small.yaml", "about: small\nservice: {command: [/bin/c], user: daemon}\n");
  input.write("stack.d/10.yaml", "services: {b: {command: [/bin/b], user: daemon}}\n");
  input.write("holdfast.yaml", "nonsense");
  // Nor is it looked at whether the user is there.
  const auto again = config::load(first.kept);
  CHECK(again.diagnostics.empty());
  REQUIRE(again.stack);
  CHECK(*again.stack == *first.stack);
}

TEST_CASE("kept files: how we run when it was read is part of it") {
  test::Input input;
  input.options.root = false;
  const auto first = load_and_remove(input, "stack: {name: s}\nservices: {a: {command: [/bin/a]}}\n");
  REQUIRE(first.stack);
  CHECK(config::load(first.kept).stack == first.stack);
  auto kept = first.kept;
  kept.root = true;
  CHECK_FALSE(config::load(kept).stack);
  kept = first.kept;
  kept.under_systemd = true;
  REQUIRE(config::load(kept).stack);
  CHECK(config::load(kept).stack->enforce_limits == model::EnforceLimits::required);
}

TEST_CASE("kept files: what was not kept cannot be read") {
  test::Input input;
  auto kept =
      load_and_remove(input, "stack: {name: s}\nservices: {a: {command: [/bin/a], user: daemon}}\n").kept;
  kept.sources.clear();
  const auto again = config::load(kept);
  CHECK_FALSE(again.stack);
  CHECK(test::told(again, "is not among the files that were kept"));
}

TEST_CASE("kept files: each state that decides what is loaded is told") {
  test::Input input;
  input.options.preset_directories = {input.path() + "/own", input.path() + "/presets"};
  input.write("presets/small.yaml", "about: small\nservice: {command: [/bin/b], user: daemon}\n");
  const auto loaded = input.load("stack: {name: s}\nservices: {a: {preset: small}, b: {preset: small}}\n");
  REQUIRE(loaded.stack);
  std::vector<std::pair<std::string, bool>> found;
  for (const auto& [path, state] : config::states_of(loaded.kept)) {
    CHECK(state == FileState::at(path));
    found.emplace_back(path.substr(input.path().size()), state.is_there);
  }
  CHECK(found == std::vector<std::pair<std::string, bool>>{{"/holdfast.yaml", true},
                                                           {"/presets/small.yaml", true},
                                                           {"/own/small.yaml", false},
                                                           {"/stack.d", false}});
}

TEST_CASE("kept files: all fields come back") {
  const auto kept = some_files();
  const auto decoded = config::decode_kept_files(config::encode(kept));
  REQUIRE(decoded.ok());
  const config::KeptFiles& back = decoded.value();
  CHECK(back.file == kept.file);
  CHECK(back.preset_directories == kept.preset_directories);
  CHECK(back.cpus == 7);
  CHECK_FALSE(back.root);
  CHECK(back.under_systemd);
  REQUIRE(back.sources.size() == 1);
  CHECK(back.sources[0]->path == kept.sources[0]->path);
  CHECK(back.sources[0]->text == kept.sources[0]->text);
  CHECK(back.sources[0]->state == kept.sources[0]->state);
  CHECK(back.absent == kept.absent);
  REQUIRE(back.directories.size() == 1);
  CHECK(back.directories[0].path == kept.directories[0].path);
  CHECK(back.directories[0].state == kept.directories[0].state);
  CHECK(back.directories[0].names == kept.directories[0].names);
}

TEST_CASE("kept files: cut, longer or damaged anywhere they are refused") {
  const std::string good = config::encode(some_files());
  REQUIRE(refusal(good).empty());
  int taken = 0;
  for (std::size_t size = 0; size < good.size(); ++size)
    taken += refusal(good.substr(0, size)).empty() ? 1 : 0;
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string damaged = good;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    taken += refusal(damaged).empty() ? 1 : 0;
  }
  CHECK(taken == 0);
  CHECK(refusal(good + "x") == "the kept configuration: it has " + std::to_string(good.size() - 19) +
                                   " bytes instead of " + std::to_string(good.size() - 20));
  CHECK(refusal("x" + good) == "the kept configuration: it is something else");
  CHECK(refusal(good.substr(0, 10)) == "the kept configuration: it ends within its head");
  std::string other = good;
  other[8] = 2;
  CHECK(refusal(other) == "the kept configuration: format 2, this build reads 1");
}
