#pragma once
// What a peek of a service's output becomes in its file. Pure, so that a turn that was broken off can be done
// again with the same result.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::linux_os {

struct StampRules {
  std::string_view stamp;                 ///< put in front of each line; may be empty
  bool continues = false;                 ///< the first bytes belong to a line that has its stamp already
  std::uint64_t room = 0;                 ///< stop after the line with which the text has so many bytes
  std::uint64_t room_without_newline = 0; ///< cut a line there (the first byte and a stamp always fit)
};

/// Appends to `text` and returns how many bytes of `raw`, at least one of a raw text that has any, went into
/// it.
std::size_t stamp_lines(std::string_view raw, const StampRules& rules, std::string& text);

} // namespace holdfast::linux_os
