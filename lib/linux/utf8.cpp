#include "linux/utf8.h"

#include "base/utf8.h"

#include <algorithm>
#include <utility>

namespace holdfast::linux_os {
namespace {

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

} // namespace

std::string printable(std::string_view text, std::size_t most) {
  std::string clean;
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    if (next.bytes == 0 || clean.size() + next.bytes > most) break;
    if (!is_control(next.code)) clean += text.substr(0, next.bytes);
    text.remove_prefix(next.bytes);
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
