#include "observer/canary_image.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <zlib.h>

namespace holdfast::observer {
namespace {

std::string big_endian(std::uint32_t number) {
  return {static_cast<char>(number >> 24U), static_cast<char>(number >> 16U & 0xffU),
          static_cast<char>(number >> 8U & 0xffU), static_cast<char>(number & 0xffU)};
}

const Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<const Bytef*>(text.data());
}

/// Length, type, data, and a checksum of the last two.
std::string chunk(std::string_view type, std::string_view data) {
  const std::string covered = std::string(type).append(data);
  const auto checksum = crc32(0, bytes_of(covered), static_cast<uInt>(covered.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + covered +
         big_endian(static_cast<std::uint32_t>(checksum));
}

std::string deflated(std::string_view data) {
  uLongf size = compressBound(data.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, bytes_of(data), data.size());
  packed.resize(size);
  return packed;
}

} // namespace

std::string canary_image() {
  constexpr std::string_view signature = "\x89PNG\r\n\x1a\n";
  constexpr std::string_view eight_bit_colour("\x08\x02\x00\x00\x00", 5);
  constexpr std::string_view pixel = "\x80\x20\x20";
  std::string rows;
  for (int y = 0; y < canary_height; ++y) {
    rows += '\0'; // no filter
    for (int x = 0; x < canary_width; ++x)
      rows += pixel;
  }
  const std::string size = big_endian(canary_width) + big_endian(canary_height);
  return std::string(signature) + chunk("IHDR", size + std::string(eight_bit_colour)) +
         chunk("IDAT", deflated(rows)) + chunk("IEND", "");
}

} // namespace holdfast::observer
