#include "shrink.h"

#include <algorithm>
#include <utility>

namespace holdfast::sim {
namespace {

std::vector<DecisionName> without(const std::vector<DecisionName>& names, std::size_t from,
                                  std::size_t size) {
  std::vector<DecisionName> rest(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(from));
  const std::size_t to = std::min(from + size, names.size());
  rest.insert(rest.end(), names.begin() + static_cast<std::ptrdiff_t>(to), names.end());
  return rest;
}

} // namespace

std::vector<DecisionName> shrink(std::vector<DecisionName> names,
                                 const std::function<bool(const std::vector<DecisionName>&)>& fails,
                                 unsigned most) {
  std::size_t size = std::max<std::size_t>(names.size() / 2, 1);
  while (most > 0) {
    bool shrank = false;
    for (std::size_t from = 0; from < names.size() && most > 0; --most) {
      auto fewer = without(names, from, size);
      if (fails(fewer)) {
        names = std::move(fewer);
        shrank = true;
      } else {
        from += size;
      }
    }
    if (size > 1)
      size /= 2;
    else if (!shrank)
      break;
  }
  return names;
}

} // namespace holdfast::sim
