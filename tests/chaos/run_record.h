#pragma once
// What a run of a service says of itself to the test, in a file SERVICE.RUN that both map: whatever becomes
// of the engine, this was not told by it. The file is made by the run itself and never twice, so that a run
// that is started a second time is noticed by the second one.

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::test {

enum class RunEnd : std::uint32_t {
  none,  ///< it lives, or was killed
  own,   ///< it ended because it wanted to
  asked, ///< SIGTERM
};

/// As it lies in the file.
struct RunRecord {
  std::atomic<std::int64_t> pid;
  std::atomic<std::uint64_t> lines; ///< whose last byte is in the pipe
  std::atomic<RunEnd> end;          ///< nothing is written after it is set
};

/// What was read of it.
struct KnownRun {
  std::uint64_t run = 0;
  std::int64_t pid = 0;
  std::uint64_t lines = 0;
  RunEnd end = RunEnd::none;
};

/// What services found that must not be: one line each.
[[nodiscard]] inline std::string violations_file(const std::string& directory) {
  return directory + "/violations";
}

/// While it is there, no service ends by itself.
[[nodiscard]] inline std::string calm_file(const std::string& directory) {
  return directory + "/calm";
}

/// All runs of a service, in order. One whose record is being made is not among them yet.
[[nodiscard]] std::vector<KnownRun> runs_of(const std::string& directory, const std::string& service);

} // namespace holdfast::test
