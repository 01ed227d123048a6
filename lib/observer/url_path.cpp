#include "observer/url_path.h"

#include <cctype>

namespace holdfast::observer {

std::string below(const Url& base, std::string_view path) {
  std::string_view front = std::string_view(base.path).substr(0, base.path.find('?'));
  while (front.ends_with('/'))
    front.remove_suffix(1);
  return std::string(front).append(path);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view unreserved = "-._~";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) != 0 || unreserved.find(c) != std::string_view::npos)) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += digits[byte >> 4U];
      encoded += digits[byte & 0xfU];
    }
  }
  return encoded;
}

} // namespace holdfast::observer
