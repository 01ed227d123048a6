#pragma once
// Between the engine and the program that compresses and removes log files in its stead: one JSON object in
// its argument, the log directory as its standard input, and lines of its output, one JSON object each. It
// writes one at least every few seconds while it gets on.

#include "base/result.h"
#include "base/time.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::wire {

enum class Compression : std::uint8_t { none, zstd, gzip };
[[nodiscard]] std::string_view word(Compression compression);

/// Of files that were put aside; `logging.keep`.
struct KeepLimits {
  Duration age = Duration::max(); ///< whole milliseconds
  std::uint64_t total = std::numeric_limits<std::uint64_t>::max();
  std::optional<std::uint64_t> files{}; ///< of each service
  bool operator==(const KeepLimits&) const = default;
};

/// What is to be free of the file system that they are on, in percent; 0: whatever. `logging.free`.
struct FreeLimits {
  std::uint64_t warn = 0; ///< less is told
  std::uint64_t stop = 0; ///< with less the oldest go
  bool operator==(const FreeLimits&) const = default;
};

struct ArchiveOrders {
  Compression compression = Compression::zstd;
  KeepLimits keep{};
  FreeLimits free{};
  /// A file that is locked while the program works: never two of them at once, though the engine that
  /// started one is gone.
  std::string lock{};
  bool operator==(const ArchiveOrders&) const = default;
};

enum class RemovalReason : std::uint8_t { too_old, too_many, beyond_total, short_disk };
constexpr std::size_t removal_reasons = 4;

struct RemovedArchives {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  bool operator==(const RemovedArchives&) const = default;
};

/// One line of its output. All that is empty or zero: it gets on.
struct ArchiveTidings {
  std::array<RemovedArchives, removal_reasons> removed{}; ///< by RemovalReason, since the last line
  std::string trouble{};                                  ///< what cannot be done, in words
  bool operator==(const ArchiveTidings&) const = default;
};

/// Bytes of a line of its output with its newline; words are cut to fit.
constexpr std::size_t longest_archive_tidings = 8U << 10;

/// One line, without its newline.
[[nodiscard]] std::string encode(const ArchiveOrders& orders);
[[nodiscard]] std::string encode(const ArchiveTidings& tidings);
/// Refused: an unknown key, one that is missing, a wrong type, an unknown word.
[[nodiscard]] Result<ArchiveOrders> decode_archive_orders(std::string_view text);
[[nodiscard]] Result<ArchiveTidings> decode_archive_tidings(std::string_view text);

} // namespace holdfast::wire
