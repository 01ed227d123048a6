#include "model/saved_parts.h"

#include "model/envelope.h"
#include "model/flaws.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace holdfast::model {
namespace {

Error refused(std::string_view part, std::string_view why) {
  return Error{"the saved state: " + std::string(part) + ": " + std::string(why), 0};
}

/// What is wrong with the bytes; empty: they are a value.
template <typename T>
std::string_view read(std::string_view bytes, Places places, T& value) {
  Reader reader(bytes, places);
  reader.get(value);
  if (reader.flaw().empty() && !reader.at_end()) reader.fail("it is longer than what it holds");
  return reader.flaw();
}

Result<Stack> restore_present(const SavedParts& parts) {
  auto spec = std::make_shared<StackSpec>();
  if (const auto flaw = read(parts.spec, anywhere, *spec); !flaw.empty())
    return refused("the configuration", flaw);
  const Places places = places_in(*spec);
  StackImage image;
  if (const auto flaw = read(parts.state, places, image.state); !flaw.empty())
    return refused("the stack", flaw);
  image.services.resize(parts.services.size());
  for (std::size_t i = 0; i < image.services.size(); ++i)
    if (const auto flaw = read(parts.services[i], places, image.services[i]); !flaw.empty())
      return refused("service " + std::to_string(i), flaw);
  if (const auto flaw = flaw_of(image, *spec); !flaw.empty()) return refused("the whole", flaw);
  return Stack(std::move(spec), std::move(image));
}

/// How a stack is made of what was written in a format: a line for each that is still read. What a release
/// wrote the next one reads: whoever raises `format` leaves the line of the last release here, with a
/// function that fills in what was not there then.
struct Readable {
  std::uint32_t format;
  Result<Stack> (*restore)(const SavedParts& parts);
};
constexpr Readable readable[] = {{format, restore_present}};

const Readable* reader_of(std::uint32_t written_in) {
  const auto* found = std::find_if(std::begin(readable), std::end(readable),
                                   [&](const Readable& each) { return each.format == written_in; });
  return found == std::end(readable) ? nullptr : found;
}

} // namespace

SavedParts parts_of(const Stack& stack, PartWriter& bytes) {
  bytes.clear();
  bytes.add(stack.spec());
  const std::size_t state = bytes.bytes().size();
  bytes.add(stack.state());
  std::vector<std::size_t> ends{bytes.bytes().size()};
  for (const Service& service : stack.services()) {
    bytes.add(service);
    ends.push_back(bytes.bytes().size());
  }
  const std::string_view all = bytes.bytes();
  SavedParts parts{.format = format,
                   .spec = all.substr(0, state),
                   .state = all.substr(state, ends.front() - state),
                   .services = {}};
  for (std::size_t i = 0; i + 1 < ends.size(); ++i)
    parts.services.push_back(all.substr(ends[i], ends[i + 1] - ends[i]));
  return parts;
}

bool is_readable(std::uint32_t written_in) {
  return reader_of(written_in) != nullptr;
}

Result<Stack> restore(const SavedParts& parts) {
  const Readable* const reader = reader_of(parts.format);
  if (reader == nullptr)
    return Error{"the saved state: format " + std::to_string(parts.format) + ", this build reads " +
                     std::to_string(format),
                 0};
  return reader->restore(parts);
}

} // namespace holdfast::model
