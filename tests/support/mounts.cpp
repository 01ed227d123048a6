#include "support/mounts.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace holdfast::test {
namespace {

void check(bool good, const std::string& what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

/// What it says goes where ours goes.
void run(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  errno = ::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ);
  check(errno == 0, words.front());
  int status = 0;
  check(::waitpid(pid, &status, 0) == pid, words.front());
  if (status != 0) throw std::runtime_error(words.front() + " failed");
}

} // namespace

void enter_private_mounts() {
  static bool entered = false;
  if (entered) return;
  check(::unshare(CLONE_NEWNS) == 0, "unshare");
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "mount");
  entered = true;
}

void mount_at(const std::string& point, const std::vector<std::string>& how) {
  enter_private_mounts();
  std::filesystem::create_directories(point);
  std::vector<std::string> words = {"mount"};
  words.insert(words.end(), how.begin(), how.end());
  words.push_back(point);
  run(std::move(words));
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
