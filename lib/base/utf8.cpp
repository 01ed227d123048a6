#include "base/utf8.h"

#include <algorithm>
#include <array>

namespace holdfast {
namespace {

unsigned char byte(char c) {
  return static_cast<unsigned char>(c);
}

bool continues(char c) {
  return (byte(c) & 0xc0U) == 0x80U;
}

/// By its first byte; 0 where none may begin so.
std::size_t announced_bytes(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  if (first >= 0xf0 && first < 0xf5) return 4;
  return 0;
}

bool is_legal(char32_t code, std::size_t bytes) {
  constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
  return code >= least.at(bytes) && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000);
}

} // namespace

Utf8Character first_character(std::string_view text) {
  const unsigned char first = byte(text.front());
  const std::size_t bytes = announced_bytes(first);
  if (bytes == 0 || bytes > text.size()) return {};
  if (bytes == 1) return {first, 1};
  char32_t code = first & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!continues(text[i])) return {};
    code = (code << 6U) | (byte(text[i]) & 0x3fU);
  }
  if (!is_legal(code, bytes)) return {};
  return {code, bytes};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = first_character(text).bytes;
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

} // namespace holdfast
