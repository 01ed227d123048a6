#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::linux_os {

/// Which share of the last ten seconds was lost to waiting for a resource (PSI), in percent.
struct Pressure {
  double some = 0; ///< by a task at least
  double full = 0; ///< by all that were not idle
};

/// The text of a pressure file (Documentation/accounting/psi.rst). Where it has no line "full", that is 0.
[[nodiscard]] std::optional<Pressure> parse_pressure(std::string_view text);

/// `file`: "memory.pressure", "cpu.pressure" or "io.pressure"; there without controllers too. Nothing where
/// the kernel keeps none.
[[nodiscard]] std::optional<Pressure> pressure_of(const std::string& cgroup, const std::string& file);

} // namespace holdfast::linux_os
