#include "linux/mountinfo.h"

#include "base/file.h"

#include <cstddef>
#include <optional>

namespace holdfast::linux_os {
namespace {

constexpr std::size_t most_bytes = 16U << 20U;

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

/// The kernel writes space, tab, newline and backslash as \040, \011, \012 and \134.
std::string decode(std::string_view field) {
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const bool escape = field[i] == '\\' && i + 3 < field.size() && is_octal(field[i + 1]) &&
                        is_octal(field[i + 2]) && is_octal(field[i + 3]);
    if (!escape) {
      text += field[i];
      continue;
    }
    text += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0'));
    i += 3;
  }
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// "36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/sda1 rw": any number of tags stands before the
/// hyphen.
std::optional<Mount> parse_line(std::string_view line) {
  const auto fields = split(line, ' ');
  std::size_t hyphen = 6;
  while (hyphen < fields.size() && fields[hyphen] != "-")
    ++hyphen;
  if (hyphen + 2 >= fields.size()) return std::nullopt;
  return Mount{.root = decode(fields[3]),
               .point = decode(fields[4]),
               .type = decode(fields[hyphen + 1]),
               .source = decode(fields[hyphen + 2]),
               .options = std::string(fields[5])};
}

} // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  for (const std::string_view line : split(text, '\n'))
    if (auto mount = parse_line(line)) mounts.push_back(std::move(*mount));
  return mounts;
}

Result<std::vector<Mount>> read_mountinfo() {
  const auto text = read_file("/proc/self/mountinfo", most_bytes);
  if (!text) return text.error();
  return parse_mountinfo(text.value());
}

} // namespace holdfast::linux_os
