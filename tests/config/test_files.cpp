#include "input.h"
#include "support/catch.h"

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace holdfast;

namespace {

const std::string one_service = "stack: {name: s}\nservices: {a: {command: [/bin/true], user: daemon}}\n";

} // namespace

TEST_CASE("files: stack.d in the order of its names; maps merge, scalars and lists replace") {
  test::Input input;
  input.write("stack.d/20-b.yaml", "services: {a: {command: [/bin/b], environment: {Y: b}}}\n");
  input.write("stack.d/10-a.yaml",
              "services: {a: {command: [/bin/a], umask: 0077, environment: {X: a, Y: a}}}\n");
  const auto loaded = input.load(one_service);
  CAPTURE(test::rendered(loaded, input.path()));
  REQUIRE(loaded.stack);
  const model::Program& program = loaded.stack->services.at(0).program;
  CHECK(program.command == std::vector<std::string>{"/bin/b"});
  CHECK(program.user == "daemon");
  CHECK(program.umask == 077);
  CHECK(program.environment == std::map<std::string, std::string>{{"X", "a"}, {"Y", "b"}});
  CHECK(names_of(loaded.kept) == std::vector<std::string>{input.path() + "/holdfast.yaml",
                                                          input.path() + "/stack.d/10-a.yaml",
                                                          input.path() + "/stack.d/20-b.yaml"});
}

TEST_CASE("files: a mistake is shown in the file it came from") {
  test::Input input;
  input.write("stack.d/x.yaml", "services:\n  a:\n    usr: nobody\n");
  const auto loaded = input.load(one_service);
  CHECK(test::rendered(loaded, input.path()) ==
        "stack.d/x.yaml:3:5: error: unknown key \"usr\" in services.a; did you mean \"user\"?\n"
        "    3 |     usr: nobody\n"
        "      |     ^~~\n");
}

TEST_CASE("files: what is not .yaml in stack.d is told and not read; hidden files are passed over") {
  test::Input input;
  input.write("stack.d/x.yml", "nonsense: [");
  input.write("stack.d/.swp.yaml", "nonsense: [");
  const auto loaded = input.load(one_service);
  CHECK(loaded.stack);
  CHECK(test::rendered(loaded, input.path()) ==
        "stack.d/x.yml: warning: not read: its name does not end in .yaml\n");
}

TEST_CASE("files: refused when others may write, when not a file, when missing") {
  test::Input input;
  input.write("holdfast.yaml", one_service);
  const std::string file = input.options.file;
  SECTION("its group") {
    REQUIRE(::chmod(file.c_str(), 0664) == 0);
    CHECK(test::told(input.load(), "its group or others may write it"));
  }
  SECTION("others") {
    REQUIRE(::chmod(file.c_str(), 0646) == 0);
    CHECK(test::told(input.load(), "its group or others may write it"));
  }
  SECTION("a FIFO does not stop us") {
    std::filesystem::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    CHECK(test::told(input.load(), "not a regular file"));
  }
  SECTION("missing") {
    std::filesystem::remove(file);
    CHECK(test::told(input.load(), "cannot be read: No such file or directory"));
  }
  SECTION("a part of stack.d") {
    input.write("stack.d/x.yaml", "{}");
    REQUIRE(::chmod((input.path() + "/stack.d/x.yaml").c_str(), 0666) == 0);
    CHECK(test::told(input.load(), "its group or others may write it"));
  }
  CHECK_FALSE(input.load().stack);
}

TEST_CASE("files: refused when somebody else owns it") {
  if (::geteuid() != 0) return;
  test::Input input;
  input.write("holdfast.yaml", one_service);
  REQUIRE(::chown(input.options.file.c_str(), 12345, 0) == 0);
  CHECK(test::told(input.load(), "owned by user 12345, neither by root nor by the user we run as"));
}

TEST_CASE("files: a byte order mark is passed over and counts for nothing") {
  test::Input input;
  CHECK(input.load("\xef\xbb\xbf" + one_service).stack);
  const auto loaded = input.load("\xef\xbb\xbfstak: {}\n");
  CHECK(loaded.diagnostics.at(0).column == 1);
}

TEST_CASE("files: mistakes in several files are told in one pass") {
  test::Input input;
  input.write("stack.d/a.yaml", "a: [");
  input.write("stack.d/b.yaml", "b: &x 1");
  const auto loaded = input.load("c: 1\nc: 2\n");
  CHECK(loaded.diagnostics.size() == 3);
}

TEST_CASE("locate: what the file says, the defaults where it says nothing or cannot be read") {
  test::Input input;
  input.write("holdfast.yaml", "stack: {runtime: /run/x}\nlogging: {directory: /var/log/x}\nnonsense: 1\n"
                               "services: {a: {preset: nowhere}}\n");
  auto found = config::locate(input.options.file);
  CHECK(found.runtime == "/run/x");
  CHECK(found.state == "/var/lib/holdfast");
  CHECK(found.log_directory == "/var/log/x");
  input.write("stack.d/x.yaml", "stack: {state: /srv/x}\n");
  CHECK(config::locate(input.options.file).state == "/srv/x");
  CHECK(config::locate(input.options.file).volumes.empty());
  input.write("stack.d/v.yaml",
              "persistence: {volumes: {a: {path: /srv/a, more: 1}, b: {}, c: 7, d: {path: d}}}\n");
  CHECK(config::locate(input.options.file).volumes == std::vector<std::string>{"/srv/a"});
  input.write("stack.d/y.yaml", "stack: [");
  CHECK(config::locate(input.options.file).state == "/srv/x");
  test::Input other;
  found = config::locate(other.path() + "/none.yaml");
  CHECK(found.runtime == "/run/holdfast");
  CHECK(found.log_directory == "/var/log/holdfast");
}
