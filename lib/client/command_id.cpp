#include "client/command_id.h"

#include <cerrno>
#include <sys/random.h>

namespace holdfast::client {

Result<CommandId> draw_command_id() {
  CommandId id;
  while (id == CommandId{})
    if (::getrandom(&id.value, sizeof id.value, 0) != static_cast<ssize_t>(sizeof id.value))
      return system_error("getrandom", errno);
  return id;
}

} // namespace holdfast::client
