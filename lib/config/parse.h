#pragma once

#include "config/report.h"
#include "config/tree.h"

#include <cstddef>

namespace holdfast::config {

/// configuration.md, Files. A document that holds a map is the first level.
constexpr std::size_t deepest = 32;

/// More than an honest file of 256 KiB holds.
constexpr std::size_t most_nodes = 20'000;

/// YAML to a tree, strictly: everything configuration.md rules out is told to `report`, with its place.
/// Nothing is returned where the text is no YAML at all or passes a bound; an empty file is an empty map.
[[nodiscard]] NodePtr parse(const SourcePtr& source, Report& report);

} // namespace holdfast::config
