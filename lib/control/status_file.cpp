#include "control/status_file.h"

#include "base/clock.h"
#include "base/file.h"
#include "control/views.h"

namespace holdfast::control {

Status StatusFile::update(const engine::ControlPort& port) {
  if (written_ == port.stack().verdict()) return Done{};
  return write(port);
}

Status StatusFile::write(const engine::ControlPort& port) {
  // Also where it fails: a disk that is full is tried again at the next verdict, not in each turn.
  written_ = port.stack().verdict();
  return replace_file(path_, wire::encode_status(status_view(port, read_wall())) + "\n", 0640);
}

} // namespace holdfast::control
