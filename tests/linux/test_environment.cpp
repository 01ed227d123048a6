#include "base/file.h"
#include "linux/environment_file.h"
#include "linux/launcher.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <cerrno>
#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::linux_os;

namespace {

std::string value_of(std::string_view text) {
  const auto parsed = parse_environment(text);
  REQUIRE(parsed);
  REQUIRE(parsed.value().size() == 1);
  return parsed.value()[0].second;
}

const Identity somebody{.uid = 1, .gid = 1, .groups = {}, .home = "/home/x", .shell = "/bin/x", .name = "x"};

} // namespace

TEST_CASE("environment file: quoting as systemd does it") {
  CHECK(value_of("A=plain") == "plain");
  CHECK(value_of("A=") == "");
  CHECK(value_of("  A =  two words \t\n") == "two words");
  CHECK(value_of("A=x\\ ") == "x ");
  CHECK(value_of("A=back\\\\slash\\n") == "back\\slashn");
  CHECK(value_of("A=one\\\ntwo") == "onetwo");
  CHECK(value_of("A='as it \\ is \"'") == "as it \\ is \"");
  CHECK(value_of("A=\"q\\\"q\\\\q\\$q\\`q\\nq\"") == "q\"q\\q$q`q\\nq");
  CHECK(value_of("A=\"two\nlines\"") == "two\nlines");
  CHECK(value_of("A=\"joined\\\nline\"") == "joinedline");
  CHECK(value_of("A='a'\"b\"c") == "abc");
  CHECK(value_of("A=it's") == "it's");
  CHECK(value_of("A=b=c#d") == "b=c#d");
  CHECK(value_of("A=\r\n") == "");
}

TEST_CASE("environment file: comments and blank lines; order is kept") {
  const auto parsed = parse_environment("# A=1\n\n; B=2\n  \t\nC=3\n   # D=4\nC=5");
  REQUIRE(parsed);
  CHECK(parsed.value() == Assignments{{"C", "3"}, {"C", "5"}});
  CHECK(parse_environment("").value().empty());
}

TEST_CASE("environment file: what is no assignment is an error with its line, and without what is on it") {
  for (const char* bad : {"A=1\nsecret\n", "A=1\n=secret", "A=1\n1A=secret", "A=1\nexport A=secret",
                          "A=1\nA-B=secret", "A=1\nB='secret\n\n", "A=1\nB=\"secret\\\"\n"}) {
    const auto parsed = parse_environment(bad);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().what.starts_with("line 2: "));
    CHECK(parsed.error().what.find("secret") == std::string::npos);
  }
  CHECK_FALSE(parse_environment(std::string_view("A=x\0y", 5)));
}

TEST_CASE("environment file: closed to others, regular, root's or ours") {
  const test::Scratch scratch;
  const std::string path = scratch / "env";
  for (const unsigned mode : {0600U, 0640U, 0400U}) {
    REQUIRE(replace_file(path, "A=1\n", 0600));
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK(read_environment_file(path));
  }
  for (const unsigned mode : {0644U, 0660U, 0700U, 0604U, 04600U}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK(read_environment_file(path).error().code == EACCES);
  }
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  REQUIRE(::chown(path.c_str(), 4711, 0) == 0);
  CHECK(read_environment_file(path).error().code == EACCES);
  CHECK(read_environment_file(scratch / "none").error().code == ENOENT);
  REQUIRE(::mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  CHECK(read_environment_file(scratch / "fifo").error().code == EINVAL);
  REQUIRE(replace_file(path, std::string(300U << 10U, '#'), 0600));
  CHECK(read_environment_file(path).error().code == EFBIG);
}

TEST_CASE("environment: complete, later ones win, nothing of ours") {
  REQUIRE(::setenv("LISTEN_FDS", "1", 1) == 0);
  REQUIRE(::setenv("LD_PRELOAD_OF_OURS", "x", 1) == 0);
  const test::Scratch scratch;
  REQUIRE(replace_file(scratch / "env", "A=file\nB=file\nC=file\nLANG=de_DE.UTF-8\n", 0600));
  model::Program program;
  program.environment_file = scratch / "env";
  program.environment = {{"B", "config"}, {"C", "config"}};
  const auto built = build_environment(program, somebody, {"C=extra", "NOTIFY_SOCKET=/run/x"});
  REQUIRE(built);
  CHECK(built.value() ==
        std::vector<std::string>{"A=file", "B=config", "C=extra", "HOME=/home/x", "LANG=de_DE.UTF-8",
                                 "LOGNAME=x", "NOTIFY_SOCKET=/run/x",
                                 "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                 "SHELL=/bin/x", "USER=x"});
  ::unsetenv("LISTEN_FDS");
  ::unsetenv("LD_PRELOAD_OF_OURS");
  program.environment_file = scratch / "missing";
  CHECK(build_environment(program, somebody, {}).error().code == ENOENT);
}
