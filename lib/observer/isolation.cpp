#include "observer/isolation.h"

#include "observer/system_calls.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::observer {
namespace {

constexpr int first_inherited = 3;
constexpr mode_t nothing_for_anybody = 0777;

Status failed(const char* what) {
  return system_error(what, errno);
}

Status limit_to_zero(__rlimit_resource resource, const char* what) {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  rlimit now{};
  if (setrlimit(resource, &none) != 0 || getrlimit(resource, &now) != 0) return failed(what);
  if (now.rlim_max != 0) return Error{std::string(what) + ": not taken"};
  return Done{};
}

/// Of the bounding set only who may (CAP_SETPCAP); without capabilities and with no_new_privs it grants
/// nothing anyway.
Status drop_capabilities() {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    static_cast<void>(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0));
  static_cast<void>(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capset, &header, sets.data()) != 0) return failed("capset");
  if (syscall(SYS_capget, &header, sets.data()) != 0) return failed("capget");
  for (const auto& set : sets)
    if (set.effective != 0 || set.permitted != 0 || set.inheritable != 0)
      return Error{"capabilities are left"};
  return Done{};
}

Status forbid_new_privileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no_new_privs");
  if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return Error{"no_new_privs: not taken"};
  return Done{};
}

} // namespace

Status isolate() {
  // A pipe that ends and a file that may not grow are errors of the write, not ends of the process.
  if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR || std::signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
    return failed("signals");
  umask(nothing_for_anybody);
  if (chdir("/") != 0) return failed("chdir /");
  if (syscall(SYS_close_range, first_inherited, ~0U, 0) != 0) return failed("close_range");
  if (auto status = limit_to_zero(RLIMIT_CORE, "limit of a core"); !status) return status;
  if (auto status = limit_to_zero(RLIMIT_FSIZE, "limit of a file"); !status) return status;
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("dumpable");
  if (auto status = drop_capabilities(); !status) return status;
  if (auto status = forbid_new_privileges(); !status) return status;
  return allow_system_calls();
}

} // namespace holdfast::observer
