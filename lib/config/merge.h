#pragma once

#include "config/tree.h"

namespace holdfast::config {

/// `over` laid on `under`: maps merge key by key, everything else replaces. Each value keeps its own place; a
/// key that both have shows the place of `over`'s.
[[nodiscard]] NodePtr merge(const NodePtr& under, const NodePtr& over);

} // namespace holdfast::config
