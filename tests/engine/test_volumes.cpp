// What the engine makes of what the program that looks at a volume says, or does not say. The program is a
// script; what it says of /proc, which is a mount on every machine, is what a real look says.

#include "stack_under_test.h"

#include "base/file.h"
#include "linux/volume.h"
#include "support/catch.h"

#include <filesystem>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

wire::VolumeAnswer proc() {
  wire::VolumeQuestion question;
  question.path = "/proc";
  question.marker = ".holdfast-volume";
  wire::VolumeAnswer answer = linux_os::look_at_volume(question);
  REQUIRE(answer.state == wire::VolumeState::present);
  return answer;
}

void answers(const Place& place, const std::string& text) {
  REQUIRE(replace_file(place / "answer", text, 0644));
}

model::StackSpec stack_of(const Place& place) {
  auto user = Place::service("user", {"run"});
  user.conditions = {{0}};
  auto spec = place.stack({user, Place::service("other", {"run"})});
  model::VolumeSpec volume;
  volume.name = "v";
  volume.path = "/proc";
  spec.volumes = {volume};
  spec.conditions = {{model::ConditionKind::volume, "v"}};
  spec.when_broken = model::WhenBroken::hold;
  return spec;
}

void write_looker(const Place& place) {
  REQUIRE(replace_file(place / "looker",
                       "echo look >>" + (place / "looks") + "\n[ -e " + (place / "hang") +
                           " ] && kill -STOP $$\nexec cat " + (place / "answer") + "\n",
                       0644));
}

std::size_t living_looks(const Place& place) {
  return linux_os::pids_below(place.cgroup() + "/look").size();
}

} // namespace

TEST_CASE("volumes - a look that hangs holds up nobody but who uses the volume") {
  const Place place;
  if (!place.is_engine()) {
    write_looker(place);
    answers(place, wire::encode(proc()) + "\n");
    REQUIRE(replace_file(place / "hang", "", 0644));
  }
  StackUnderTest stack(place, stack_of(place));
  CHECK(stack.tells("other 1 starting>ready"));
  CHECK(stack.tells("/proc does not answer"));
  CHECK(living_looks(place) <= 1);
  CHECK(stack.told().find("user 1") == std::string::npos);
  std::filesystem::remove(place / "hang");
  CHECK(stack.tells("user 1 starting>ready"));
  CHECK(stack.ends_well());
  CHECK(living_looks(place) == 0);
}

TEST_CASE("volumes - what the list of mounts says in the turn of the spawn counts more than the look") {
  const Place place;
  if (!place.is_engine()) {
    write_looker(place);
    wire::VolumeAnswer earlier = proc();
    ++earlier.mount;
    answers(place, wire::encode(earlier) + "\n");
  }
  StackUnderTest stack(place, stack_of(place));
  CHECK(stack.tells("volume v: proc (proc) has been mounted at /proc"));
  CHECK(stack.pids("user", 1).empty());
  CHECK(stack.told().find("user 1 starting>ready") == std::string::npos);
  answers(place, wire::encode(proc()) + "\n");
  CHECK(stack.tells("starting>ready"));
  CHECK(stack.ends_well());
}

TEST_CASE("volumes - an answer that is none is no permission") {
  const Place place;
  if (!place.is_engine()) {
    write_looker(place);
    answers(place, "{\"state\":\"present\"}\n");
  }
  StackUnderTest stack(place, stack_of(place));
  CHECK(stack.tells("volume v: it cannot be looked at: "));
  CHECK(stack.told().find("user 1") == std::string::npos);
  CHECK(stack.ends_well());
}

TEST_CASE("volumes - an adoption without an answer is refused and what was right stays so") {
  const Place place;
  if (!place.is_engine()) {
    write_looker(place);
    answers(place, wire::encode(proc()) + "\n");
  }
  StackUnderTest stack(place, stack_of(place));
  CHECK(stack.tells("user 1 starting>ready"));
  answers(place, "no answer\n");
  stack.ask("adopt v");
  CHECK(stack.tells("not adopted: it cannot be looked at: no answer"));
  REQUIRE(replace_file(place / "hang", "", 0644));
  stack.ask("adopt v");
  CHECK(stack.tells("not adopted: /proc does not answer"));
  CHECK(stack.told().find("user 1 ready>") == std::string::npos);
  CHECK_FALSE(std::filesystem::exists(place / "state/volumes"));
  CHECK(stack.ends_well());
}

TEST_CASE("volumes - an adopted one is remembered on the disk when it is told") {
  const Place place;
  wire::VolumeAnswer adopted = proc();
  adopted.marker = "0123456789abcdef0123456789abcdef";
  if (!place.is_engine()) {
    write_looker(place);
    answers(place, wire::encode(proc()) + "\n");
  }
  StackUnderTest stack(place, stack_of(place));
  CHECK(stack.tells("user 1 starting>ready"));
  answers(place, wire::encode(adopted) + "\n");
  stack.ask("adopt v");
  CHECK(stack.tells("adopted v\n"));
  const auto remembered = read_file(place / "state/volumes", 4096);
  REQUIRE(remembered);
  CHECK(remembered.value() == "v " + adopted.marker + " -\n");
  CHECK(stack.ends_well());
}
