#include "model/archive.h"

namespace holdfast::model {
namespace {

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

} // namespace

std::uint64_t Reader::number(std::uint64_t most) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (bytes_.empty()) {
      fail("it ends too early");
      return 0;
    }
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    const std::uint64_t part = byte & 0x7FU;
    if (shift == 63 && part > 1) break;
    value |= part << shift;
    if ((byte & 0x80U) != 0) continue;
    if (value <= most) return value;
    break;
  }
  fail("a number out of range");
  return 0;
}

std::int64_t Reader::signed_number(std::int64_t least, std::int64_t most) {
  const std::int64_t value = unzigzag(number(std::numeric_limits<std::uint64_t>::max()));
  if (value >= least && value <= most) return value;
  fail("a number out of range");
  return 0;
}

void Reader::moment(MonoTime& value) {
  const std::uint64_t code = number(std::numeric_limits<std::uint64_t>::max());
  const std::int64_t count = code == 0 ? 0 : unzigzag(code - 1);
  if (count < -longest_time || count > longest_time) return fail("a number out of range");
  value = code == 0 ? never : MonoTime(Duration(count));
}

void Reader::text(std::string& value) {
  const std::size_t size = length();
  value.assign(bytes_.substr(0, size));
  bytes_.remove_prefix(size);
}

} // namespace holdfast::model
