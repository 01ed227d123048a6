#pragma once
// The values of configuration.md, from text. Each returns the value, or what is wrong in the operator's
// words.

#include "base/time.h"
#include "config/report.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdfast::config {

template <typename T>
using Parsed = std::variant<T, Flaw>;

/// "5 in 10m"
struct Count {
  unsigned number = 0;
  Duration window{};
};

[[nodiscard]] Parsed<Duration> parse_duration(std::string_view text);  ///< 1500ms 30s 10m 2h 7d
[[nodiscard]] Parsed<std::uint64_t> parse_size(std::string_view text); ///< KiB MiB GiB TiB; in bytes
[[nodiscard]] Parsed<unsigned> parse_share(std::string_view text);     ///< 20%; in percent
[[nodiscard]] Parsed<Count> parse_count(std::string_view text);
[[nodiscard]] Parsed<std::int64_t> parse_integer(std::string_view text); ///< YAML 1.2: decimal, 0o, 0x
[[nodiscard]] Parsed<double> parse_decimal(std::string_view text);
[[nodiscard]] Parsed<unsigned> parse_mode(std::string_view text); ///< three or four octal digits
[[nodiscard]] Parsed<int> parse_signal(std::string_view text);

/// No flaw where the text is what its name says.
[[nodiscard]] Flaw check_line(std::string_view text);       ///< not empty, without control characters
[[nodiscard]] Flaw check_expression(std::string_view text); ///< not empty, and the observer can use it
[[nodiscard]] Flaw check_name(std::string_view text);       ///< [a-z][a-z0-9-]{0,62}
[[nodiscard]] Flaw check_user(std::string_view text);
[[nodiscard]] Flaw check_path(std::string_view text); ///< absolute, without "." and ".."
[[nodiscard]] Flaw check_url(std::string_view text);
[[nodiscard]] Flaw check_host_port(std::string_view text); ///< 127.0.0.1:443, [::1]:443
[[nodiscard]] Flaw check_address(std::string_view text);   ///< HOST:PORT or unix:/path
[[nodiscard]] Flaw check_capability(std::string_view text);
[[nodiscard]] Flaw check_unit(std::string_view text);     ///< of systemd, with its type: redis-server.service
[[nodiscard]] Flaw check_variable(std::string_view text); ///< of the environment
[[nodiscard]] Flaw check_parameter(std::string_view text); ///< of a preset

/// The words of a program: not empty, the first an absolute path.
[[nodiscard]] Flaw check_program(const std::vector<std::string>& words);

} // namespace holdfast::config
