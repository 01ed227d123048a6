#include "observer/words.h"

namespace holdfast::observer {
namespace {

bool is_blank_or_control(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
}

bool is_later_byte(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

} // namespace

std::string excerpt(std::string_view text, std::size_t most) {
  std::string line;
  for (const char c : text) {
    if (line.size() > most) break;
    if (!is_blank_or_control(c))
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  if (line.size() > most) {
    std::size_t end = most;
    while (end > 0 && is_later_byte(line[end]))
      --end;
    return line.substr(0, end) + "…";
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count) + ' ' + std::string(what) + (count == 1 ? "" : "s");
}

} // namespace holdfast::observer
