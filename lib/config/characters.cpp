#include "config/characters.h"

#include "base/utf8.h"

#include <algorithm>

namespace holdfast::config {
namespace {

/// YAML 1.2, c-printable, without the line ends.
bool is_printable(char32_t code) {
  if (code < 0x20) return code == '\t';
  if (code >= 0x7f && code < 0xa0) return code == 0x85;
  return code != 0xfffe && code != 0xffff;
}

bool ends_line(std::string_view rest) {
  return rest.front() == '\n' || rest.starts_with("\r\n");
}

} // namespace

std::optional<BadCharacter> find_bad_character(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const Utf8Character next = first_character(rest);
    if (next.bytes == 0) return BadCharacter{at, "not UTF-8"};
    if (!is_printable(next.code) && !ends_line(rest))
      return BadCharacter{at, next.code == 0 ? "a NUL byte" : "a control character"};
    at += next.bytes;
  }
  return std::nullopt;
}

bool is_text(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    if (next.bytes == 0 || next.code == 0) return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    const bool good = next.bytes != 0 && is_printable(next.code) && next.code != 0x85;
    shown += good ? std::string(text.substr(0, next.bytes)) : "?";
    text.remove_prefix(std::max<std::size_t>(next.bytes, 1));
  }
  return shown;
}

std::size_t columns(std::string_view text) {
  return count_characters(text);
}

} // namespace holdfast::config
