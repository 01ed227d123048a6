#include "control/status_file.h"

#include "base/clock.h"
#include "base/file.h"
#include "control/views.h"

namespace holdfast::control {

Status StatusFile::write(const engine::ControlPort& port, Durability durability) const {
  return replace_file(path_, wire::encode_status(lasting_view(port, read_wall())) + "\n", 0640, durability);
}

} // namespace holdfast::control
