#include "segment.h"

#include "base/file.h"
#include "model/record.h"
#include "words.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace holdfast::replay {
namespace {

constexpr std::size_t most_bytes = 256U << 20;

void print(const model::Stack& stack, const model::Replay::Moment& moment) {
  std::string line = format_utc(moment.now.wall) + "  " + words(stack, moment.event);
  for (const model::Action& action : moment.actions)
    line += "\n      " + words(stack, action);
  if (moment.differs) line += "\n      DIFFERS from what was decided then";
  std::puts(line.c_str());
}

} // namespace

Result<std::vector<std::string>> segments_at(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->path().extension() == ".record") files.push_back(entry->path().string());
  if (error) return system_error(path, error.value());
  if (files.empty()) return Error{path + ": no segment of a record", 0};
  std::sort(files.begin(), files.end());
  return files;
}

Status play(const std::string& file, bool verbose, Counts& counts) {
  auto bytes = read_file(file, most_bytes);
  if (!bytes) return bytes.error();
  auto replay = model::Replay::open(std::move(bytes).value());
  if (!replay) return replay.error().in(file);
  if (const std::uint64_t lost = replay.value().lost_before(); verbose && lost > 0)
    std::printf("%llu events until here are in no segment\n", static_cast<unsigned long long>(lost));
  for (;;) {
    const auto moment = replay.value().next();
    if (!moment) return moment.error().in(file);
    if (!moment.value()) break;
    ++counts.events;
    if (moment.value()->differs) ++counts.differ;
    if (verbose || moment.value()->differs) print(replay.value().stack(), *moment.value());
  }
  if (const std::size_t rest = replay.value().unread(); rest > 0)
    std::fprintf(stderr, "%s: the last %zu bytes are no whole entry\n", file.c_str(), rest);
  return Done{};
}

} // namespace holdfast::replay
