#include "linux/utf8.h"

#include <algorithm>
#include <utility>

namespace holdfast::linux_os {
namespace {

unsigned char byte(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// Bytes of the character that begins with `first`; 0 where none may begin so.
std::size_t length_by_first(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

/// The bounds of the second byte are what excludes overlong forms, surrogates and what is above U+10FFFF.
bool second_fits(unsigned char first, unsigned char second) {
  const unsigned char least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  return second >= least && second <= most;
}

/// Length of the valid character at the front; 0 where there is none.
std::size_t character(std::string_view text) {
  const std::size_t length = length_by_first(byte(text, 0));
  if (length == 0 || length > text.size()) return 0;
  if (length > 1 && !second_fits(byte(text, 0), byte(text, 1))) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if ((byte(text, i) & 0xC0) != 0x80) return 0;
  return length;
}

bool is_control(std::string_view character) {
  const unsigned char first = byte(character, 0);
  return first < 0x20 || first == 0x7F || (first == 0xC2 && byte(character, 1) < 0xA0);
}

} // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = character(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text, std::size_t most) {
  std::string clean;
  while (!text.empty()) {
    const std::string_view next = text.substr(0, character(text));
    if (next.empty() || clean.size() + next.size() > most) break;
    if (!is_control(next)) clean += next;
    text.remove_prefix(next.size());
  }
  return clean;
}

std::string harmless(std::string text, std::size_t most) {
  if (!is_utf8(text))
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return printable(text, most);
}

} // namespace holdfast::linux_os
