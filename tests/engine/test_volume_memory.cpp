#include "base/file.h"
#include "engine/volume_memory.h"
#include "support/catch.h"
#include "support/scratch.h"

using namespace holdfast;
using engine::VolumeMemory;

TEST_CASE("volume memory - what was remembered is read again, and no file is no memory") {
  const test::Scratch scratch;
  VolumeMemory memory(scratch.path() + "/volumes");
  REQUIRE(memory.read());
  CHECK(memory.of("database") == VolumeMemory::Known{});
  memory.remember("database", {.marker = "0123456789abcdef0123456789abcdef", .file_system = ""});
  memory.remember("instance", {.marker = "", .file_system = "1c8f-2b5e"});
  CHECK(memory.text() == "database 0123456789abcdef0123456789abcdef -\ninstance - 1c8f-2b5e\n");
  REQUIRE(replace_file(memory.path(), memory.text(), 0640));
  VolumeMemory later(memory.path());
  REQUIRE(later.read());
  CHECK(later.of("database").marker == "0123456789abcdef0123456789abcdef");
  CHECK(later.of("database").file_system.empty());
  CHECK(later.of("instance").file_system == "1c8f-2b5e");
}

TEST_CASE("volume memory - a damaged one is not taken for none") {
  const test::Scratch scratch;
  VolumeMemory memory(scratch.path() + "/volumes");
  for (const char* text : {"database\n", "database 0123 -\n", "database - - more\n", "\n"}) {
    INFO(text);
    REQUIRE(replace_file(memory.path(), text, 0640));
    CHECK_FALSE(memory.read());
  }
}
