#pragma once
// How the files of a service's log are named. SERVICE.log is written; what was put aside is
// SERVICE.log-20261124T065330.123456Z, the moment in UTC, so that names sort by age; the same with ".zst" or
// ".gz" when it is compressed, and with ".tmp" behind that while it is being made.

#include "base/time.h"
#include "wire/archives.h"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::wire {

/// "redis.log".
[[nodiscard]] std::string current_log(std::string_view service);

/// The name of a file that was put aside.
struct LogName {
  std::string service;
  std::string moment; ///< as it is written, so that it sorts by age
  WallTime put_aside{};
  Compression compression = Compression::none;
  bool unfinished = false; ///< ".tmp"; never of a plain one
  bool operator==(const LogName&) const = default;
};

/// To the microsecond.
[[nodiscard]] LogName log_put_aside(std::string_view service, WallTime moment);
/// "2026-11-24T06:53:30.123456Z" as it stands in names.
[[nodiscard]] std::string as_in_names(std::string_view time);

/// Nothing where a name is not exactly one of ours.
[[nodiscard]] std::optional<LogName> parse_log_name(std::string_view text);
[[nodiscard]] std::string text_of(const LogName& name);
/// The same file in another form.
[[nodiscard]] LogName as(LogName name, Compression compression);
[[nodiscard]] LogName unfinished(LogName name);

} // namespace holdfast::wire
