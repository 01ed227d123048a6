#include "config/characters.h"

#include <algorithm>
#include <cstdint>

namespace holdfast::config {
namespace {

unsigned byte(char c) {
  return static_cast<unsigned char>(c);
}

/// One character from the front of a text: its bytes (0: not UTF-8) and its code point.
struct Character {
  std::size_t bytes = 0;
  std::uint32_t code = 0;
};

std::size_t length_of(unsigned lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

Character decode(std::string_view text) {
  const unsigned lead = byte(text.front());
  const std::size_t bytes = length_of(lead);
  if (bytes == 0 || bytes > text.size()) return {};
  std::uint32_t code = bytes == 1 ? lead : lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(text[i]) & 0xc0U) != 0x80) return {};
    code = code << 6 | (byte(text[i]) & 0x3fU);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate || code > 0x10ffff) return {};
  return {bytes, code};
}

/// YAML 1.2, c-printable, without the line ends.
bool is_printable(std::uint32_t code) {
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
    const Character next = decode(rest);
    if (next.bytes == 0) return BadCharacter{at, "not UTF-8"};
    if (!is_printable(next.code) && !ends_line(rest))
      return BadCharacter{at, next.code == 0 ? "a NUL byte" : "a control character"};
    at += next.bytes;
  }
  return std::nullopt;
}

bool is_text(std::string_view text) {
  while (!text.empty()) {
    const Character next = decode(text);
    if (next.bytes == 0 || next.code == 0) return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const Character next = decode(text);
    const bool good = next.bytes != 0 && is_printable(next.code) && next.code != 0x85;
    shown += good ? std::string(text.substr(0, next.bytes)) : "?";
    text.remove_prefix(std::max<std::size_t>(next.bytes, 1));
  }
  return shown;
}

std::size_t columns(std::string_view text) {
  const auto starts = [](char c) { return (byte(c) & 0xc0U) != 0x80; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts));
}

} // namespace holdfast::config
