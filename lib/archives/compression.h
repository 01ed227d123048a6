#pragma once
// One file into one stream, by zstd or gzip.

#include "base/result.h"
#include "wire/archives.h"

#include <functional>

namespace holdfast::archives {

/// Called again and again while something comes of it.
using Progress = std::function<void()>;

/// All that `from` has, from its beginning, as one stream at the beginning of `to`, which is empty. The
/// errors of reading and writing carry their errno. Precondition: not Compression::none.
[[nodiscard]] Status compress(int from, int to, wire::Compression compression, const Progress& progress);

enum class Likeness {
  same,
  damaged, ///< it is not whole: its stream breaks off, or is none
  other    ///< it is whole, and has something else
};
/// Whether `compressed` is whole and holds what `plain` has. Both are read from the beginning.
[[nodiscard]] Result<Likeness> compare(int compressed, wire::Compression compression, int plain,
                                       const Progress& progress);

} // namespace holdfast::archives
