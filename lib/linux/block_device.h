#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::linux_os {

/// The number of the device that "UUID=…", "LABEL=…" or "/dev/…" names, as udev keeps them in /dev/disk;
/// nothing where there is none.
[[nodiscard]] std::optional<std::uint64_t> device_named(const std::string& source);

/// The UUID of the file system on a device, as udev knows it; empty: nobody knows.
[[nodiscard]] std::string uuid_of(std::uint64_t device);

} // namespace holdfast::linux_os
