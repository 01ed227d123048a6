#pragma once

#include "base/result.h"
#include "observer/probe.h"

#include <string>
#include <string_view>

namespace holdfast::observer {

/// Why there is no session, out of libpq's text for people (which it gives in no other form) at
/// PQERRORS_VERBOSE. One text tells of all addresses and all attempts; the last one counts.
struct Refusal {
  std::string sqlstate{}; ///< empty: not the server said it
  std::string words{};    ///< what went wrong, without where
};
[[nodiscard]] Refusal refusal_in(std::string_view error);

/// What a refusal that the server did not say means: an error of a system call is told and judged as those of
/// Connecting are.
[[nodiscard]] Answer without_server(const Refusal& refusal, const std::string& target);

} // namespace holdfast::observer
