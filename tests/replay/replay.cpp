// holdfast-replay [--verbose] FILE-OR-DIRECTORY: plays the record of a daemon (<state>/record) through the
// model of this build and compares what it decides. Exit 0: the same; 1: something differs; 2: something
// cannot be read.

#include "segment.h"

#include <cstdio>
#include <string>
#include <string_view>

namespace {

using namespace holdfast;

constexpr int differs = 1;
constexpr int unreadable = 2;

int complain(const std::string& what) {
  std::fprintf(stderr, "holdfast-replay: %s\n", what.c_str());
  return unreadable;
}

int play_all(const std::string& path, bool verbose) {
  const auto files = replay::segments_at(path);
  if (!files) return complain(files.error().what);
  replay::Counts counts;
  int code = 0;
  for (const std::string& file : files.value())
    if (const auto played = replay::play(file, verbose, counts); !played)
      code = complain(played.error().what);
  std::printf("%llu events, %llu decisions differ\n", static_cast<unsigned long long>(counts.events),
              static_cast<unsigned long long>(counts.differ));
  return code == 0 && counts.differ > 0 ? differs : code;
}

} // namespace

int main(int argc, char** argv) {
  const bool verbose = argc > 1 && std::string_view(argv[1]) == "--verbose";
  if (argc != (verbose ? 3 : 2)) return complain("[--verbose] FILE-OR-DIRECTORY");
  return play_all(argv[argc - 1], verbose);
}
