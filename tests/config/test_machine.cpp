#include "input.h"
#include "support/catch.h"

#include <sys/stat.h>

using namespace holdfast;

namespace {

std::string stack_with(const std::string& keys) {
  return "stack: {name: s}\nservices:\n  a: {" + keys + "}\n";
}

} // namespace

TEST_CASE("machine: users, groups and programs that are not there, each at its key") {
  test::Input input;
  input.options.look_at_machine = true;
  const auto loaded =
      input.load(stack_with("command: [/usr/bin/nowhere], user: nobody-here, group: no-group, "
                            "groups: [no-such], requires: [{file: /x, owner: no-owner}], "
                            "stop: [{exec: [/nowhere/stop]}], ready: {exec: [/nowhere/ready]}"));
  CHECK_FALSE(loaded.stack);
  CHECK(loaded.diagnostics.size() == 7);
  CHECK(test::told(loaded, "/usr/bin/nowhere: No such file or directory"));
  CHECK(test::told(loaded, "there is no user \"nobody-here\""));
  CHECK(test::told(loaded, "there is no group \"no-group\""));
  CHECK(test::told(loaded, "there is no group \"no-such\""));
  CHECK(test::told(loaded, "there is no user \"no-owner\""));
  CHECK(test::told(loaded, "/nowhere/stop: No such file or directory"));
  CHECK(test::told(loaded, "/nowhere/ready: No such file or directory"));
  for (const auto& d : loaded.diagnostics)
    CHECK(d.line == 3);
}

TEST_CASE("machine: what is there is fine, through links too; what is disabled is not asked for") {
  test::Input input;
  input.options.look_at_machine = true;
  CHECK(input.load(stack_with("command: /bin/sh -c true, user: daemon, group: daemon")).stack);
  CHECK(input.load(stack_with("command: [/usr/bin/nowhere], user: nobody-here, enabled: false")).stack);
}

TEST_CASE("machine: not executable, a directory") {
  test::Input input;
  input.options.look_at_machine = true;
  input.write("program", "#!/bin/sh\n");
  const std::string program = input.path() + "/program";
  CHECK(test::told(input.load(stack_with("user: root, command: [" + program + "]")),
                   program + ": not executable"));
  CHECK(test::told(input.load(stack_with("user: root, command: [/etc]")), "/etc: not a file"));
}

TEST_CASE("machine: an environment_file is there, and only for those who may know it") {
  test::Input input;
  input.options.look_at_machine = true;
  const std::string file = input.path() + "/secret";
  const std::string service = stack_with("user: root, command: [/bin/true], environment_file: " + file);
  CHECK(test::told(input.load(service), file + ": No such file or directory"));
  input.write("secret", "A=b\n");
  CHECK(test::told(input.load(service), file + ": more may read or write it than should"));
  for (const mode_t mode : {0600U, 0640U, 0400U}) {
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    CHECK(input.load(service).stack);
  }
}

TEST_CASE("machine: without root a service runs as we do") {
  test::Input input;
  input.options.look_at_machine = true;
  input.options.root = false;
  CHECK(input.load(stack_with("command: [/bin/true]")).stack);
  const auto loaded = input.load(stack_with("command: [/bin/true], user: games"));
  CHECK(test::told(loaded, "only root can start a service as another user"));
}

TEST_CASE("machine: a volume that is not right, and a setting that is not as it is needed, at their keys") {
  test::Input input;
  input.options.machine.volume = [](const model::VolumeSpec& volume) {
    return volume.name == "db" ? volume.path + " is a plain directory" : std::string();
  };
  input.options.machine.host = [](const model::HostSetting& setting) {
    return setting.name == "vm.max_map_count" ? std::string("it is 65530") : std::string();
  };
  const std::string text = "stack: {name: s}\n"
                           "persistence:\n"
                           "  volumes: {db: {path: /srv/db}, other: {path: /srv/other}}\n"
                           "services:\n"
                           "  a:\n"
                           "    command: [/bin/true]\n"
                           "    user: daemon\n"
                           "    host: {vm.swappiness: 1, vm.max_map_count: '>=262144'}\n";
  const auto loaded = input.load(text);
  CHECK_FALSE(loaded.stack);
  REQUIRE(loaded.diagnostics.size() == 2);
  CHECK(loaded.diagnostics[0].message == "/srv/db is a plain directory");
  CHECK(loaded.diagnostics[0].path == "persistence.volumes.db.path");
  CHECK(loaded.diagnostics[0].line == 3);
  CHECK(loaded.diagnostics[1].message == "vm.max_map_count >=262144 is needed: it is 65530");
  CHECK(loaded.diagnostics[1].line == 8);
  // Nobody asks for what a disabled service needs, nor looks at a path that is none.
  CHECK(test::told(input.load(text + "    enabled: false\n"), "/srv/db is a plain directory"));
  CHECK(input.load(text + "    enabled: false\n").diagnostics.size() == 1);
  CHECK_FALSE(test::told(input.load("stack: {name: s}\npersistence: {volumes: {db: {path: srv/db}}}\n"),
                         "srv/db is a plain directory"));
}
