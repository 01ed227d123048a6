#include "linux/mount_unit.h"

#include <cstddef>

namespace holdfast::linux_os {
namespace {

bool stays(char c, bool first) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || (c >= '0' && c <= '9') || c == ':' || c == '_' || (c == '.' && !first);
}

std::string escaped(char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', digits[byte / 16], digits[byte % 16]};
}

/// Without slashes at either end, and none beside another.
std::string simplified(std::string_view path) {
  std::string text;
  for (const char c : path)
    if (c != '/' || (!text.empty() && text.back() != '/')) text += c;
  if (text.ends_with('/')) text.pop_back();
  return text;
}

} // namespace

std::string mount_unit_of(std::string_view path) {
  constexpr std::string_view suffix = ".mount";
  const std::string plain = simplified(path);
  std::string name = plain.empty() ? "-" : "";
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] == '/')
      name += '-';
    else
      name += stays(plain[i], i == 0) ? std::string(1, plain[i]) : escaped(plain[i]);
  }
  return name.append(suffix);
}

std::vector<std::string> mount_units_for(std::string_view path) {
  const std::string plain = simplified(path);
  std::vector<std::string> units;
  for (std::size_t end = plain.find('/'); end != std::string::npos; end = plain.find('/', end + 1))
    units.push_back(mount_unit_of(plain.substr(0, end)));
  if (!plain.empty()) units.push_back(mount_unit_of(plain));
  return units;
}

} // namespace holdfast::linux_os
