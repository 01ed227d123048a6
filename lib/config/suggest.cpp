#include "config/suggest.h"

#include "base/nearest.h"

namespace holdfast::config {

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string_view meant = nearest(word, known);
  return meant.empty() ? std::string() : "did you mean \"" + std::string(meant) + "\"?";
}

} // namespace holdfast::config
