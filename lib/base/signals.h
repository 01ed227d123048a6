#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// "SIGTERM" for 15; "signal 40" for one without a name.
[[nodiscard]] std::string signal_name(int signal);

/// 15 for "SIGTERM". Only names of signal(7) with the prefix SIG; nothing for any other word.
[[nodiscard]] std::optional<int> signal_number(std::string_view name);

} // namespace holdfast
