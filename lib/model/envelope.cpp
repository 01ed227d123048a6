#include "model/envelope.h"

#include "model/bytes.h"
#include "model/checksum.h"

#include <cassert>

namespace holdfast::model {
namespace {

constexpr std::size_t magic_size = 8;
constexpr std::size_t checksum_at = envelope_size - sizeof(std::uint32_t);

} // namespace

std::string seal(Magic magic, std::string_view content) {
  assert(magic.size() == magic_size);
  std::string sealed;
  sealed.reserve(envelope_size + content.size());
  sealed += magic;
  for (const std::uint32_t number : {format, static_cast<std::uint32_t>(content.size())})
    append_u32(sealed, number);
  append_u32(sealed, checksum(content, checksum(sealed)));
  sealed += content;
  return sealed;
}

Result<Opened> open_sealed(Magic magic, std::string_view bytes) {
  if (bytes.substr(0, magic_size) != magic.substr(0, bytes.size())) return Error{"it is something else", 0};
  if (bytes.size() < envelope_size) return Error{"it ends within its head", 0};
  if (const std::uint32_t found = u32_at(bytes, magic_size); found != format)
    return Error{"format " + std::to_string(found) + ", this build reads " + std::to_string(format), 0};
  const std::uint32_t length = u32_at(bytes, magic_size + 4);
  if (bytes.size() - envelope_size < length)
    return Error{"it ends after " + std::to_string(bytes.size() - envelope_size) + " of " +
                     std::to_string(length) + " bytes",
                 0};
  const std::string_view content = bytes.substr(envelope_size, length);
  if (checksum(content, checksum(bytes.substr(0, checksum_at))) != u32_at(bytes, checksum_at))
    return Error{"it is damaged: its checksum is another", 0};
  return Opened{content, bytes.substr(envelope_size + length)};
}

} // namespace holdfast::model
