// Golden tests: bad/NAME.yaml must be told exactly what bad/NAME.txt holds. With HOLDFAST_WRITE_GOLDEN=1 the
// texts are written instead, to be read before they are committed.

#include "input.h"
#include "support/catch.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace holdfast;

namespace {

std::vector<std::filesystem::path> inputs() {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator(HOLDFAST_SOURCE_DIR "/tests/config/bad"))
    if (entry.path().extension() == ".yaml") all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

} // namespace

TEST_CASE("bad input: each mistake is told in its place, all in one pass") {
  REQUIRE(inputs().size() > 10);
  for (const std::filesystem::path& file : inputs()) {
    INFO(file.filename().string());
    test::Input input;
    const config::Loaded loaded = input.load(test::contents(file.string()));
    const std::string text = test::rendered(loaded, input.path());
    const std::string golden = std::filesystem::path(file).replace_extension(".txt").string();
    if (std::getenv("HOLDFAST_WRITE_GOLDEN") != nullptr) std::ofstream(golden) << text;
    CHECK(text == test::contents(golden));
    CHECK(loaded.stack.has_value() != config::has_errors(loaded.diagnostics));
    CHECK_FALSE(loaded.diagnostics.empty());
  }
}
