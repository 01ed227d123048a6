#include "support/mounts.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <stdexcept>
#include <sys/mount.h>
#include <sys/stat.h>
#include <system_error>

namespace holdfast::test {
namespace {

void check(bool good, const std::string& what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

void run(const Words& words) {
  const Finished finished = run_program(words);
  if (finished.code != 0) throw std::runtime_error(words.front() + ": " + finished.output);
}

} // namespace

void enter_private_mounts() {
  static bool entered = false;
  if (entered) return;
  check(::unshare(CLONE_NEWNS) == 0, "unshare");
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "mount");
  entered = true;
}

void mount_at(const std::string& point, const Words& how) {
  enter_private_mounts();
  std::filesystem::create_directories(point);
  Words words = {"mount"};
  words.insert(words.end(), how.begin(), how.end());
  words.push_back(point);
  run(words);
}

void unmount(const std::string& point) {
  check(::umount2(point.c_str(), MNT_DETACH) == 0, point);
}

bool is_mount(const std::string& path) {
  struct statx info {};
  return ::statx(AT_FDCWD, path.c_str(), AT_NO_AUTOMOUNT, STATX_TYPE, &info) == 0 &&
         (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

void make_ext4(const std::string& file, const std::string& uuid, const std::string& label) {
  run({"truncate", "-s", "16M", file});
  run({"mkfs.ext4", "-q", "-F", "-U", uuid, "-L", label, file});
}

void know_uuid(const std::string& uuid, const std::string& point) {
  enter_private_mounts();
  struct stat info {};
  check(::stat(point.c_str(), &info) == 0, point);
  mount_tmpfs("/dev/disk");
  std::filesystem::create_directories("/dev/disk/by-uuid");
  const std::string node = "/dev/disk/by-uuid/" + uuid;
  check(::mknod(node.c_str(), S_IFBLK | 0600, info.st_dev) == 0, node);
}

} // namespace holdfast::test
