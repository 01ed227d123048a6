#include "config/secret.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace holdfast::config {
namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// SCHEME://USER:PASSWORD@HOST
bool has_password(std::string_view value) {
  const auto scheme = value.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = value.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const auto at = authority.rfind('@');
  return at != std::string_view::npos && has(authority.substr(0, at), ":");
}

} // namespace

bool names_secret(std::string_view variable) {
  return (has(variable, "PASSWORD") || has(variable, "SECRET") || has(variable, "TOKEN")) &&
         !has(variable, "_FILE");
}

bool may_be_secret(std::string_view name, std::string_view value) {
  constexpr std::array words = {"PASS", "PWD", "SECRET", "TOKEN", "KEY", "CREDENTIAL", "COOKIE"};
  std::string capitals(name);
  std::transform(capitals.begin(), capitals.end(), capitals.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return has_password(value) ||
         std::any_of(words.begin(), words.end(), [&](const char* word) { return has(capitals, word); });
}

} // namespace holdfast::config
