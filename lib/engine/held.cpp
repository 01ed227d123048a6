#include "engine/held.h"

#include "base/number.h"

#include <fcntl.h>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::engine {
namespace {

/// Not while the list is read: reading it takes a descriptor of its own.
std::vector<int> open_descriptors() {
  std::vector<int> all;
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end;
       at.increment(error))
    if (const auto number = whole_number<int>(at->path().filename().string())) all.push_back(*number);
  return all;
}

} // namespace

Held Held::find() {
  Held held;
  for (const int descriptor : open_descriptors()) {
    const std::int32_t slot = descriptor - wire::first_held_fd;
    if (slot < 0 || slot >= wire::hold_slots) continue;
    // The one that read the list is closed again by now.
    if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0) held.descriptors_.emplace(slot, Fd(descriptor));
  }
  return held;
}

Fd Held::take(std::int32_t slot) {
  auto found = descriptors_.extract(slot);
  return found.empty() ? Fd() : std::move(found.mapped());
}

} // namespace holdfast::engine
