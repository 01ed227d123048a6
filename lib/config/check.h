#pragma once

#include "config/keys.h"
#include "config/report.h"
#include "config/tree.h"

#include <string>

namespace holdfast::config {

/// Compares a map with the description of its keys: unknown, missing, of the wrong type, out of bounds. A key
/// whose value is good but whose capability is not built is refused last. `path` is the map's own
/// ("services.redis").
void check_section(const Node& map, const Section& section, const std::string& path, Report& report);

/// The words of a program's value: a list of words, or one string that is split; no words where it is
/// neither.
[[nodiscard]] std::vector<std::string> words_of(const Node& node);

} // namespace holdfast::config
