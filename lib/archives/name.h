#pragma once
// How a log file is called that was put aside: "redis.log-20261124T065330.123456Z", the moment in UTC; the
// same with ".zst" or ".gz" when it is compressed, and with ".tmp" behind that while it is being made.

#include "base/time.h"
#include "wire/archives.h"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::archives {

struct Name {
  std::string service;
  std::string moment; ///< as it is written, so that it sorts by age
  WallTime put_aside{};
  wire::Compression compression = wire::Compression::none;
  bool unfinished = false; ///< ".tmp"; never of a plain one
  bool operator==(const Name&) const = default;
};

/// Nothing where a name is not exactly one of ours.
[[nodiscard]] std::optional<Name> parse_name(std::string_view text);
[[nodiscard]] std::string text_of(const Name& name);
/// The same file in another form.
[[nodiscard]] Name as(Name name, wire::Compression compression);
[[nodiscard]] Name unfinished(Name name);

} // namespace holdfast::archives
