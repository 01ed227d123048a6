#include "linux/block_device.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <system_error>

namespace holdfast::linux_os {
namespace {

constexpr const char* by_uuid = "/dev/disk/by-uuid";

std::optional<std::uint64_t> block_device(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISBLK(info.st_mode)) return std::nullopt;
  return info.st_rdev;
}

/// As udev writes a label into a file name: all but these is "\x20".
std::string encoded(std::string_view label) {
  constexpr std::string_view plain = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#+-.:=@_";
  std::string name;
  for (const char c : label) {
    const bool ascii = static_cast<unsigned char>(c) < 0x80;
    if (!ascii || plain.find(c) != std::string_view::npos) {
      name += c;
      continue;
    }
    std::array<char, 8> digits{};
    std::snprintf(digits.data(), digits.size(), "\\x%02x", static_cast<unsigned>(c));
    name += digits.data();
  }
  return name;
}

} // namespace

std::optional<std::uint64_t> device_named(const std::string& source) {
  constexpr std::string_view uuid = "UUID=";
  constexpr std::string_view label = "LABEL=";
  if (source.starts_with(uuid)) return block_device(by_uuid + ("/" + encoded(source.substr(uuid.size()))));
  if (source.starts_with(label))
    return block_device("/dev/disk/by-label/" + encoded(source.substr(label.size())));
  return block_device(source);
}

std::string uuid_of(std::uint64_t device) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(by_uuid, error), end; !error && at != end; at.increment(error))
    if (block_device(at->path().string()) == device) return at->path().filename().string();
  return {};
}

} // namespace holdfast::linux_os
