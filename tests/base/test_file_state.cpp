#include "base/file_state.h"

#include "base/file.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <filesystem>
#include <sys/stat.h>

using namespace holdfast;

TEST_CASE("file state: another after a change of contents or mode, the same when it is read only") {
  const test::Scratch scratch;
  const std::string path = scratch / "f";
  CHECK(FileState::at(path) == FileState{});
  REQUIRE(replace_file(path, "one", 0644).ok());
  const FileState first = FileState::at(path);
  CHECK(first.is_there);
  CHECK(first.size == 3);
  REQUIRE(read_file(path, 10).ok());
  CHECK(FileState::at(path) == first);
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(FileState::at(path) != first);
  REQUIRE(replace_file(path, "two", 0644).ok());
  CHECK(FileState::at(path) != first);
}

TEST_CASE("file state: of a directory it is another when a file comes") {
  const test::Scratch scratch;
  const FileState first = FileState::at(scratch.path());
  REQUIRE(replace_file(scratch / "f", "one", 0644).ok());
  CHECK(FileState::at(scratch.path()) != first);
}
