#pragma once

#include "config/tree.h"
#include "wire/plan_view.h"

#include <string>
#include <vector>

namespace holdfast::config {

/// The keys in which two trees differ, each with both values in the operator's words; "not set" where one has
/// none. `path` is that of the trees' own key. Either may be null. Values that may be secret are not told:
/// both words are empty.
[[nodiscard]] std::vector<wire::KeyChange> key_changes(const Node* now, const Node* next,
                                                       const std::string& path);

} // namespace holdfast::config
