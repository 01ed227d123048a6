#include "linux/mountinfo.h"

#include "base/file.h"
#include "base/number.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <sys/sysmacros.h>

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

/// "98:0"
std::optional<std::uint64_t> device_number(std::string_view field) {
  const std::size_t colon = field.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto high = whole_number<std::uint64_t>(field.substr(0, colon));
  const auto low = whole_number<std::uint64_t>(field.substr(colon + 1));
  if (!high || !low) return std::nullopt;
  return makedev(static_cast<unsigned>(*high), static_cast<unsigned>(*low));
}

/// "36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/sda1 rw": any number of tags stands before the
/// hyphen.
std::optional<Mount> parse_line(std::string_view line) {
  const auto fields = split(line, ' ');
  std::size_t hyphen = 6;
  while (hyphen < fields.size() && fields[hyphen] != "-")
    ++hyphen;
  if (hyphen + 2 >= fields.size()) return std::nullopt;
  const auto id = whole_number<std::uint64_t>(fields[0]);
  const auto parent = whole_number<std::uint64_t>(fields[1]);
  const auto device = device_number(fields[2]);
  if (!id || !parent || !device) return std::nullopt;
  return Mount{.id = *id,
               .parent = *parent,
               .device = *device,
               .root = decode(fields[3]),
               .point = decode(fields[4]),
               .type = decode(fields[hyphen + 1]),
               .source = decode(fields[hyphen + 2]),
               .options = std::string(fields[5]),
               .fs_options = std::string(hyphen + 3 < fields.size() ? fields[hyphen + 3] : "")};
}

bool has_option(std::string_view options, std::string_view wanted) {
  const auto all = split(options, ',');
  return std::find(all.begin(), all.end(), wanted) != all.end();
}

bool is_within(std::string_view path, std::string_view point) {
  if (point == "/") return true;
  return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

/// The mount in `above` that a walk along the path comes upon first: one that lies deeper was there before
/// and is hidden by it.
const Mount* next_on_the_way(const std::vector<Mount>& mounts, const Mount& above, std::string_view path) {
  const Mount* next = nullptr;
  for (const Mount& mount : mounts)
    if (mount.parent == above.id && mount.id != above.id && is_within(path, mount.point) &&
        mount.point.size() >= above.point.size() &&
        (next == nullptr || mount.point.size() < next->point.size()))
      next = &mount;
  return next;
}

/// The one whose parent nobody lists.
const Mount* root_of(const std::vector<Mount>& mounts) {
  for (const Mount& mount : mounts) {
    const auto is_parent = [&](const Mount& other) {
      return other.id == mount.parent && other.id != mount.id;
    };
    if (mount.point == "/" && std::none_of(mounts.begin(), mounts.end(), is_parent)) return &mount;
  }
  return nullptr;
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

const Mount* mount_at(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* at = root_of(mounts);
  // Each step is one mount further: a list that leads in a circle ends it.
  for (std::size_t steps = 0; at != nullptr && steps < mounts.size(); ++steps) {
    const Mount* next = next_on_the_way(mounts, *at, path);
    if (next == nullptr) return at;
    at = next;
  }
  return at;
}

bool is_read_only(const Mount& mount) {
  return has_option(mount.options, "ro") || has_option(mount.fs_options, "ro");
}

} // namespace holdfast::linux_os
