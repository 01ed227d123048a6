#include "decisions.h"

#include <algorithm>
#include <utility>

namespace holdfast::sim {

Duration Draw::about(Duration span) {
  using namespace std::chrono_literals;
  switch (below(6)) {
  case 0: return span;
  case 1: return span - std::min(span, Duration{1ns});
  case 2: return span + 1ns;
  case 3: return span + up_to(3ms);
  case 4: return span - std::min(span, up_to(3ms));
  default: return up_to(2 * span);
  }
}

std::vector<DecisionName> Decisions::names() const {
  std::vector<DecisionName> sorted = noted_;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

void Decisions::allow_only(std::vector<DecisionName> names) {
  limited_ = true;
  only_ = std::move(names);
}

bool Decisions::allowed(DecisionName name) {
  if (limited_ && !std::binary_search(only_.begin(), only_.end(), name)) return false;
  if (notes_) noted_.push_back(name);
  return true;
}

} // namespace holdfast::sim
