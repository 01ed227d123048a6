#include "linux/limits.h"
#include "support/catch.h"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::linux_os;

namespace {

void drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capset, &header, data) != 0) ::_exit(2);
}

} // namespace

TEST_CASE("limits: without the capability a limit is lowered to what we have, and told") {
  const pid_t pid = ::fork();
  if (pid == 0) {
    // Whatever fails here must not go on as a second test program.
    const rlimit hard{.rlim_cur = 100, .rlim_max = 100};
    if (::setrlimit(RLIMIT_NOFILE, &hard) != 0) ::_exit(2);
    drop_capabilities();
    std::vector<std::string> lowered;
    model::ProcessLimits asked;
    asked.open_files = 65536;
    asked.core = 0;
    const auto granted = granted_limits(asked, lowered);
    const bool right = granted.open_files == 100U && granted.core == 0U && !granted.locked_memory &&
                       lowered == std::vector<std::string>{"open_files: 100 instead of 65536"};
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  CHECK(status == 0);
}

TEST_CASE("limits: what is within our own stays as it was asked for") {
  std::vector<std::string> lowered;
  model::ProcessLimits asked;
  asked.open_files = 50;
  CHECK(granted_limits(asked, lowered) == asked);
  CHECK(lowered.empty());
}
