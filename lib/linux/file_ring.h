#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::linux_os {

/// Files with ascending numbers ("0000000042.record") in a directory of their own, of which the oldest go.
/// Every call may wait for the disk; nothing is synced.
class FileRing {
public:
  struct Options {
    std::string directory;  ///< its parent must be there
    std::string ending;     ///< of the names: ".record"
    std::uint64_t kept = 0; ///< bytes in finished files; beyond, the oldest are removed
  };
  explicit FileRing(Options options) : options_(std::move(options)) {}

  /// Ends the present file and begins the next one with `head`. The directory is made (0700) where it is
  /// missing, files are 0600. After an error there is no present file.
  [[nodiscard]] Status begin(std::string_view head);

  /// Precondition: the last begin() and every append() since then were well. After an error the present file
  /// is ended; its last bytes may be a part of `bytes`.
  [[nodiscard]] Status append(std::string_view bytes);

private:
  [[nodiscard]] Result<Fd> open_directory() const;

  Options options_;
  Fd file_;
};

} // namespace holdfast::linux_os
