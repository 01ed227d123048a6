#include "archives/idle.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::archives {

void become_idle() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const sched_param none{};
  static_cast<void>(::sched_setscheduler(0, SCHED_IDLE, &none));
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, 19));
  static_cast<void>(
      ::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)));
}

Status lock_until_the_end(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (fd < 0) return system_error(path, errno);
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error(path, errno);
  if (!S_ISREG(info.st_mode) || info.st_uid != ::geteuid() || (info.st_mode & 0077) != 0)
    return Error{path + ": not a file that only we can open", EPERM};
  // Never closed.
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return system_error(path, errno);
  return Done{};
}

} // namespace holdfast::archives
