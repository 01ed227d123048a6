#pragma once

namespace holdfast::test {

/// Nobody listens on 127.0.0.1:port and a server could.
[[nodiscard]] bool port_is_free(int port);

/// The first of `count` free ports in a row, below the range from which the kernel gives ports to clients.
/// Throws when there are none.
[[nodiscard]] int free_ports(int count);

} // namespace holdfast::test
