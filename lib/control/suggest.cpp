#include "control/suggest.h"

#include <algorithm>
#include <numeric>

namespace holdfast::control {
namespace {

/// Insertions, deletions and replacements from one to the other.
std::size_t edits(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

} // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& names) {
  std::size_t best = word.size() <= 4 ? 2 : 3;
  std::string found;
  for (const std::string& name : names) {
    const std::size_t distance = edits(word, name);
    if (distance >= best) continue;
    best = distance;
    found = name;
  }
  return found;
}

} // namespace holdfast::control
