#pragma once

#include "config/keys.h"
#include "config/values.h"

#include <cstdint>
#include <string_view>

namespace holdfast::config {

/// What is wrong with a value: how it was written, or that it is outside of its key's bounds.
[[nodiscard]] Flaw within(const Key& key, std::string_view text, const Parsed<std::int64_t>& value);
[[nodiscard]] Flaw within(const Key& key, std::string_view text, const Parsed<double>& value);
[[nodiscard]] Flaw within(const Key& key, std::string_view text, const Parsed<std::uint64_t>& value);
[[nodiscard]] Flaw within(const Key& key, std::string_view text, const Parsed<Duration>& value);
[[nodiscard]] Flaw within(const Key& key, std::string_view text, const Parsed<unsigned>& value);
[[nodiscard]] Flaw within(const Key& key, std::string_view text, const Parsed<Count>& value);

} // namespace holdfast::config
