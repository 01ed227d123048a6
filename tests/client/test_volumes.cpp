#include "command.h"
#include "fake_daemon.h"

using namespace holdfast;
using namespace holdfast::test;

namespace {

wire::StatusView two_volumes() {
  wire::StatusView view;
  view.time = "2026-11-24T07:00:00Z";
  view.stack = {.name = "repository", .verdict = "working", .since = "", .door = "open", .why = ""};
  view.volumes = {{.name = "database",
                   .path = "/srv/db",
                   .state = "present",
                   .source = "UUID=1c8f",
                   .type = "ext4",
                   .free_bytes = 1ULL << 30,
                   .size_bytes = 2ULL << 30,
                   .used_by = {"postgresql", "backup"}},
                  {.name = "instance", .path = "/srv/i", .state = "unknown"}};
  return view;
}

} // namespace

TEST_CASE("volume list shows where each is, what is meant, its space and its users") {
  Command command;
  wire::StatusView view = two_volumes();
  const FakeDaemon daemon(command.socket(), {view, wire::Finished{}});
  const Ran ran = command.run({"volume", "list"});
  CHECK(ran.code == 1); // one of them is not known to be right
  CHECK(ran.out == "VOLUME    STATE    PATH     SOURCE     TYPE  FREE            USED BY             WHY\n"
                   "database  present  /srv/db  UUID=1c8f  ext4  1 GiB of 2 GiB  postgresql, backup\n"
                   "instance  unknown  /srv/i   any        any   -               -\n");
  CHECK(command.run({"volume", "list", "--json"}).out == wire::encode_volumes(view) + "\n");
}

TEST_CASE("volume adopt waits for the outcome") {
  Command command;
  FakeDaemon daemon(command.socket(), {wire::Finished{"its marker is 0123"}});
  const Ran ran = command.run({"volume", "adopt", "database"});
  CHECK(ran.code == 0);
  CHECK(ran.out == "adopted volume database; its marker is 0123\n");
  CHECK(daemon.requests() ==
        std::vector<wire::ControlRequest>{{.verb = wire::ControlVerb::adopt, .volume = "database"}});
}

TEST_CASE("without a daemon the volumes are shown as they were last known, and adopted is nothing") {
  Command command;
  CHECK(command.run({"volume", "list"}).code == 3);
  CHECK(command.run({"volume", "adopt", "database"}).code == 3);
}
