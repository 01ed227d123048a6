#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <sys/types.h>

namespace holdfast::control {

/// A listening socket at `path`, non-blocking, mode 0660, its group `readers` where given. A socket file on
/// which nobody listens any more is replaced; one on which somebody does, and anything that is no socket, is
/// an error. Its directory must be writable for its owner alone: what is at `path` is looked at before it is
/// replaced.
///
/// `held`, where valid, is what an engine before this one listened on, at this path: it is returned as it is,
/// with the connections that wait in it, as long as its file is there; where that was removed, nobody can
/// reach it any more, and another is made.
[[nodiscard]] Result<Fd> listen_at(const std::string& path, std::optional<gid_t> readers, Fd held = {});

/// The gid of a group, none where it does not exist. Asks the name service: before the loop only.
[[nodiscard]] std::optional<gid_t> group_id(const std::string& name);

} // namespace holdfast::control
