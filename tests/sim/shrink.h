#pragma once

#include "decisions.h"

#include <functional>
#include <vector>

namespace holdfast::sim {

/// A subset of `names` without any part of which, as far as was tried, the failure does not come: delta
/// debugging (Zeller, Hildebrandt 2002). `fails` says whether an episode of these decisions alone fails; at
/// most `most` of them are tried.
[[nodiscard]] std::vector<DecisionName>
shrink(std::vector<DecisionName> names, const std::function<bool(const std::vector<DecisionName>&)>& fails,
       unsigned most);

} // namespace holdfast::sim
