#pragma once

#include "base/result.h"

#include <cerrno>

namespace holdfast {

/// Whether a write failed because the disk, or what its owner may have of it, is full (write(2)).
[[nodiscard]] inline bool is_no_room(const Error& error) {
  return error.code == ENOSPC || error.code == EDQUOT;
}

} // namespace holdfast
