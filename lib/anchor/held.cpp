#include "anchor/held.h"

#include "anchor/numbers.h"
#include "anchor/say.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::anchor {
namespace {

bool is_slot(std::int32_t slot) {
  return slot >= 0 && slot < wire::hold_slots;
}

} // namespace

void Held::put(std::int32_t slot, int descriptor) {
  if (!is_slot(slot) || descriptor < 0) return;
  if (::dup3(descriptor, wire::held_fd(slot), O_CLOEXEC) >= 0)
    held_.set(static_cast<std::size_t>(slot));
  else
    say("descriptor %d cannot be held for the next engine: %s", wire::held_fd(slot),
        ::strerrordesc_np(errno));
}

void Held::drop(std::int32_t slot) {
  if (!has(slot)) return;
  ::close(wire::held_fd(slot));
  held_.reset(static_cast<std::size_t>(slot));
}

bool Held::has(std::int32_t slot) const {
  return is_slot(slot) && held_.test(static_cast<std::size_t>(slot));
}

void Held::pass_on() const {
  for (std::int32_t slot = 0; slot < wire::hold_slots; ++slot)
    if (has(slot)) static_cast<void>(set_inherited(wire::held_fd(slot), true));
}

void Held::find() {
  for (std::int32_t slot = 0; slot < wire::hold_slots; ++slot)
    held_.set(static_cast<std::size_t>(slot), set_inherited(wire::held_fd(slot), false));
}

} // namespace holdfast::anchor
