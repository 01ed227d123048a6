#include "engine/configuration.h"
#include "engine/done_tasks.h"

#include "base/file.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <boost/asio/executor_work_guard.hpp>
#include <filesystem>
#include <optional>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::engine;
using test::Scratch;
using namespace std::chrono_literals;

namespace {

void put(const std::string& path, const std::string& text) {
  REQUIRE(replace_file(path, text, 0644).ok());
}

/// As it is read now.
config::Loaded load(const std::string& file, std::vector<std::string> preset_directories = {}) {
  config::LoadOptions options;
  options.file = file;
  options.preset_directories = std::move(preset_directories);
  options.look_at_machine = false;
  auto loaded = config::load(options);
  loaded.stack.emplace();
  return loaded;
}

class UnderTest {
public:
  UnderTest() {
    config::Loaded accepted;
    accepted.stack.emplace();
    configuration.emplace(loop, Configuration::Options{.file = scratch / "holdfast.yaml",
                                                       .read = [] { return config::Loaded{}; },
                                                       .accepted = std::move(accepted)});
  }

  config::ChangedFiles changed() {
    std::optional<config::ChangedFiles> found;
    configuration->read([&](const Configuration::Found& read) { found = read.changed; });
    const auto work = boost::asio::make_work_guard(loop);
    loop.restart();
    while (!found)
      REQUIRE(loop.run_one_for(20s) == 1);
    return *found;
  }

  Scratch scratch;
  boost::asio::io_context loop;
  std::optional<Configuration> configuration;
};

} // namespace

TEST_CASE("configuration: a marked file has changed when it is written anew, comes or goes") {
  UnderTest test;
  const std::string path = test.scratch / "redis.conf";
  const std::string other = test.scratch / "later.conf";
  put(path, "one");
  test.configuration->mark("redis", {path, other});
  CHECK(test.changed().empty());
  put(path, "two");
  CHECK(test.changed() == config::ChangedFiles{{"redis", {path}}});
  put(other, "it came");
  CHECK(test.changed() == config::ChangedFiles{{"redis", {other, path}}});
  test.configuration->mark("redis", {path, other});
  CHECK(test.changed().empty());
  std::filesystem::remove(path);
  CHECK(test.changed() == config::ChangedFiles{{"redis", {path}}});
}

TEST_CASE("configuration: a file that was replaced by one with the same contents has not changed") {
  UnderTest test;
  const std::string path = test.scratch / "redis.conf";
  put(path, "one");
  test.configuration->mark("redis", {path});
  put(path, "one");
  CHECK(test.changed().empty());
}

TEST_CASE("configuration: it is known since when the files on the disk are others") {
  const Scratch place;
  const std::string file = place / "holdfast.yaml";
  put(file, "stack: {name: s}\n");
  boost::asio::io_context loop;
  const auto of = [&] {
    return Configuration::Options{
        .file = file, .read = [] { return config::Loaded{}; }, .accepted = load(file)};
  };
  Configuration untouched(loop, of());
  CHECK_FALSE(untouched.changed_on_disk().has_value());
  Configuration edited(loop, of());
  put(file, "stack: {name: t}\n");
  REQUIRE(edited.changed_on_disk().has_value());
  // What is in force is now what is there.
  edited.accept(load(file));
  CHECK_FALSE(edited.changed_on_disk().has_value());
  Configuration joined(loop, of());
  std::filesystem::create_directory(place / "stack.d");
  CHECK(joined.changed_on_disk().has_value());
}

TEST_CASE("configuration: what was edited between its reading and its start is known to be another") {
  const Scratch place;
  const std::string file = place / "holdfast.yaml";
  put(file, "stack: {name: s}\n");
  Configuration::Options options{
      .file = file, .read = [] { return config::Loaded{}; }, .accepted = load(file)};
  put(file, "stack: {name: t}\n");
  boost::asio::io_context loop;
  const Configuration configuration(loop, std::move(options));
  CHECK(configuration.changed_on_disk().has_value());
}

TEST_CASE("configuration: a preset that comes where none was is a change") {
  const Scratch place;
  const std::string file = place / "holdfast.yaml";
  put(file, "stack: {name: s}\nservices: {a: {preset: small}}\n");
  REQUIRE(make_directories(place / "own", 0755).ok());
  REQUIRE(make_directories(place / "ours", 0755).ok());
  put(place / "ours/small.yaml", "about: small\nservice: {command: [/bin/a]}\n");
  boost::asio::io_context loop;
  Configuration configuration(loop, {.file = file,
                                     .read = [] { return config::Loaded{}; },
                                     .accepted = load(file, {place / "own", place / "ours"})});
  put(place / "own/small.yaml", "about: small\nservice: {command: [/bin/b]}\n");
  CHECK(configuration.changed_on_disk().has_value());
}

TEST_CASE("configuration: what is accepted is kept, what is refused or prepared only is not in force") {
  const Scratch place;
  const std::string file = place / "holdfast.yaml";
  put(file, "stack: {name: s}\n");
  const auto first = load(file);
  put(file, "stack: {name: t}\n");
  const auto second = load(file);
  auto kept = KeptConfiguration::make(first.kept);
  REQUIRE(kept.ok());
  auto next = KeptConfiguration::open(Fd(::dup(kept.value().memory())));
  REQUIRE(next.ok());
  boost::asio::io_context loop;
  Configuration configuration(loop, {.file = file,
                                     .read = [] { return config::Loaded{}; },
                                     .accepted = first,
                                     .kept = std::move(kept).value()});
  const auto in_force = [&] { return config::encode(next.value().read(next.value().in_force()).value()); };
  REQUIRE(configuration.prepare(second).ok());
  CHECK(in_force() == config::encode(first.kept));
  configuration.accept(second);
  CHECK(in_force() == config::encode(second.kept));
}

TEST_CASE("done tasks: what ended well is remembered with its program, over a daemon") {
  const Scratch scratch;
  model::StackSpec stack;
  stack.services.resize(3);
  stack.services[0].name = "migration";
  stack.services[0].task = model::TaskRun::once;
  stack.services[0].program.command = {"/bin/migrate"};
  stack.services[1].name = "other";
  stack.services[1].task = model::TaskRun::before_start;
  stack.services[2].name = "import";
  stack.services[2].task = model::TaskRun::once;

  DoneTasks tasks(scratch / "tasks-done");
  REQUIRE(tasks.read().ok());
  CHECK(tasks.of(stack).empty());
  tasks.add(stack.services[0]);
  tasks.add(stack.services[1]);
  put(tasks.path(), "garbage\n" + tasks.text());

  DoneTasks again(scratch / "tasks-done");
  REQUIRE(again.read().ok());
  CHECK(again.of(stack) == std::vector<ServiceId>{{0}});
  stack.services[0].program.command.emplace_back("--all");
  CHECK(again.of(stack).empty());
}

TEST_CASE("done tasks: a fingerprint tells programs apart and is the same in each build") {
  model::Program a;
  a.command = {"/bin/a", "b"};
  CHECK(fingerprint(a) == "a637850566104ed4");
  model::Program b = a;
  b.command = {"/bin/a b"};
  CHECK(fingerprint(b) != fingerprint(a));
  b = a;
  b.environment["X"] = "1";
  CHECK(fingerprint(b) != fingerprint(a));
}
