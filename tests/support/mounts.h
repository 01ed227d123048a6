#pragma once
// Mounts of a test, in a mount namespace of its own: the machine never sees them. Needs root.

#include <string>
#include <vector>

namespace holdfast::test {

/// From now on what this process mounts is seen by it and by its children alone, and goes with them. Once is
/// enough for a process.
void enter_private_mounts();

/// Makes the directory where it is missing, and mounts over it: `how` are arguments of mount(8). Throws what
/// mount says.
void mount_at(const std::string& point, const std::vector<std::string>& how);
inline void mount_tmpfs(const std::string& point) {
  mount_at(point, {"-t", "tmpfs", "none"});
}
/// What was mounted last there. Lazily: also where it is in use.
void unmount(const std::string& point);

[[nodiscard]] bool is_mount(const std::string& path);

/// Makes a file of 16 MiB with an ext4 in it, to be mounted with {"-o", "loop", file}.
void make_ext4(const std::string& file, const std::string& uuid, const std::string& label);

/// Lets this UUID, and no other, be known on this machine as that of the device behind a mount point of ours,
/// as udev does it.
void know_uuid(const std::string& uuid, const std::string& point);

} // namespace holdfast::test
