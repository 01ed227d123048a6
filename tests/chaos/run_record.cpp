#include "chaos/run_record.h"

#include "base/fd.h"

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/types.h>
#include <unistd.h>

namespace holdfast::test {
namespace {

std::optional<std::uint64_t> run_number(const std::string& file, const std::string& service) {
  if (!file.starts_with(service + ".")) return std::nullopt;
  std::uint64_t run = 0;
  const char* const end = file.data() + file.size();
  const auto read = std::from_chars(file.data() + service.size() + 1, end, run);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return run;
}

} // namespace

std::vector<KnownRun> runs_of(const std::string& directory, const std::string& service) {
  std::vector<KnownRun> runs;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const auto run = run_number(entry.path().filename().string(), service);
    if (!run) continue;
    const Fd file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
    RunRecord record{};
    if (::pread(file.get(), static_cast<void*>(&record), sizeof record, 0) != sizeof record) continue;
    runs.push_back({.run = *run, .pid = record.pid, .lines = record.lines, .end = record.end});
  }
  std::sort(runs.begin(), runs.end(), [](const KnownRun& a, const KnownRun& b) { return a.run < b.run; });
  return runs;
}

} // namespace holdfast::test
