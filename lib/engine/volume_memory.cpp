#include "engine/volume_memory.h"

#include "base/file.h"
#include "wire/volume.h"

#include <cerrno>
#include <sstream>
#include <utility>

namespace holdfast::engine {
namespace {

constexpr std::size_t most_bytes = 1U << 20;

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string unless_dash(std::string text) {
  return text == "-" ? std::string() : text;
}

} // namespace

Status VolumeMemory::read() {
  const auto text = read_file(path_, most_bytes);
  if (!text && text.error().code == ENOENT) return Done{};
  if (!text) return text.error();
  std::istringstream lines(text.value());
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    Known known;
    std::string more;
    const bool whole =
        static_cast<bool>(words >> name >> known.marker >> known.file_system) && !(words >> more);
    known = {.marker = unless_dash(known.marker), .file_system = unless_dash(known.file_system)};
    if (!whole || (!known.marker.empty() && !wire::is_marker_id(known.marker)))
      return Error{path_ + ": it is damaged; what volumes there were is not known", EINVAL};
    known_[name] = std::move(known);
  }
  return Done{};
}

VolumeMemory::Known VolumeMemory::of(const std::string& volume) const {
  const auto known = known_.find(volume);
  return known == known_.end() ? Known{} : known->second;
}

void VolumeMemory::remember(const std::string& volume, Known known) {
  known_[volume] = std::move(known);
}

std::string VolumeMemory::text() const {
  std::string text;
  for (const auto& [name, known] : known_)
    text += name + " " + or_dash(known.marker) + " " + or_dash(known.file_system) + "\n";
  return text;
}

} // namespace holdfast::engine
