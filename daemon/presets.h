#pragma once
// Where what belongs to Holdfast is found: beside us in a build tree, else where it is installed.

#include <string>
#include <vector>

namespace holdfast::daemon {

/// Directories with presets, the first one wins: the operator's, then ours.
[[nodiscard]] std::vector<std::string> preset_directories();

/// The absolute path of one of our programs: "holdfast-anchor".
[[nodiscard]] std::string program(const std::string& name);

} // namespace holdfast::daemon
