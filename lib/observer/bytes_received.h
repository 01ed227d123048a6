#pragma once

#include <cstdint>
#include <optional>

namespace holdfast::observer {

/// What a TCP connection has received since it was made, read or not; nothing for other sockets.
[[nodiscard]] std::optional<std::uint64_t> bytes_received(int socket);

} // namespace holdfast::observer
