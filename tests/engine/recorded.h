#pragma once

#include "base/file.h"
#include "model/record.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::test {

/// What a record's directory holds, played again.
struct Recorded {
  std::size_t segments = 0;
  std::size_t events = 0;
  std::size_t differ = 0;
  std::size_t lost = 0; ///< as the last segment says
  std::string error;    ///< empty: everything could be read
};

inline void play(const std::string& file, Recorded& recorded) {
  auto bytes = read_file(file, 64U << 20U);
  auto replay = bytes ? model::Replay::open(std::move(bytes).value()) : Result<model::Replay>(bytes.error());
  if (!replay) {
    recorded.error = file + ": " + replay.error().what;
    return;
  }
  ++recorded.segments;
  recorded.lost = replay.value().lost_before();
  for (;;) {
    const auto moment = replay.value().next();
    if (!moment) recorded.error = moment.error().what;
    if (!moment || !moment.value()) return;
    ++recorded.events;
    if (moment.value()->differs) ++recorded.differ;
  }
}

inline Recorded recorded_in(const std::string& directory) {
  std::vector<std::string> files;
  if (std::filesystem::exists(directory))
    for (const auto& entry : std::filesystem::directory_iterator(directory))
      files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  Recorded recorded;
  for (const std::string& file : files)
    play(file, recorded);
  return recorded;
}

} // namespace holdfast::test
