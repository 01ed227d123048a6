#include "client/text.h"

#include "base/utf8.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace holdfast::client {
namespace {

bool is_obeyed(char32_t code) {
  const bool control = (code < 0x20 && code != U'\t') || (code >= 0x7f && code < 0xa0);
  const bool turns = code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
                     (code >= 0x2066 && code <= 0x2069);
  const bool breaks = code == 0x2028 || code == 0x2029;
  return control || turns || breaks;
}

std::string hex(unsigned value) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), value < 0x100 ? "\\x%02x" : "\\u%04x", value);
  return text.data();
}

} // namespace

std::string harmless(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    if (next.bytes == 0)
      shown += hex(static_cast<unsigned char>(text.front()));
    else if (is_obeyed(next.code))
      shown += hex(next.code);
    else
      shown += text.substr(0, next.bytes);
    text.remove_prefix(next.bytes == 0 ? 1 : next.bytes);
  }
  return shown;
}

std::size_t columns(std::string_view text) {
  return count_characters(text);
}

std::string cut(std::string_view text, std::size_t most) {
  if (columns(text) <= most) return std::string(text);
  constexpr std::string_view rest = "...";
  const std::size_t room = most > rest.size() ? most - rest.size() : 0;
  std::size_t end = 0;
  for (std::size_t count = 0; end < text.size(); ++end)
    if ((static_cast<unsigned char>(text[end]) & 0xc0U) != 0x80U && count++ == room) break;
  return std::string(text.substr(0, end)) + std::string(rest.substr(0, most));
}

std::optional<WallTime> parse_utc(std::string_view text) {
  if (text.size() < 20 || text.back() != 'Z' || (text[19] != 'Z' && text[19] != '.')) return {};
  std::tm parts{};
  const std::string whole(text.substr(0, 19));
  const char* const end = ::strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr || *end != '\0') return {};
  return WallTime(std::chrono::seconds(::timegm(&parts)));
}

} // namespace holdfast::client
