#include "observer/isolation.h"

#include "observer/certificates.h"
#include "observer/http_peer.h"
#include "observer/http_probe.h"
#include "observer/isolated.h"
#include "observer/look.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sched.h>
#include <sstream>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace holdfast::observer {
namespace {

using test::isolated;
using wire::ProbeVerdict;

struct Attempt {
  const char* what;
  std::function<long()> call;
};

/// Each as the system call itself: the C library may have its own reasons to refuse.
std::vector<Attempt> attempts(const std::string& directory) {
  const auto path = [directory](const char* name) { return directory + '/' + name; };
  const std::string file = path("file");
  const std::string other = path("other");
  const auto open_with = [file](int flags) {
    return ::syscall(SYS_openat, AT_FDCWD, file.c_str(), flags, 0600);
  };
  return {
      {"write", [=] { return open_with(O_WRONLY); }},
      {"read and write", [=] { return open_with(O_RDWR); }},
      {"create", [=] { return ::syscall(SYS_openat, AT_FDCWD, other.c_str(), O_RDONLY | O_CREAT, 0600); }},
      {"truncate at opening", [=] { return open_with(O_RDONLY | O_TRUNC); }},
      {"unnamed file",
       [=] { return ::syscall(SYS_openat, AT_FDCWD, directory.c_str(), O_TMPFILE | O_RDWR, 0600); }},
      {"openat2", [=] { return ::syscall(SYS_openat2, AT_FDCWD, file.c_str(), nullptr, 0); }},
      {"open_by_handle_at", [] { return ::syscall(SYS_open_by_handle_at, AT_FDCWD, nullptr, 0); }},
      {"truncate", [=] { return ::syscall(SYS_truncate, file.c_str(), 0); }},
      {"rename",
       [=] { return ::syscall(SYS_renameat2, AT_FDCWD, file.c_str(), AT_FDCWD, other.c_str(), 0); }},
      {"unlink", [=] { return ::syscall(SYS_unlinkat, AT_FDCWD, file.c_str(), 0); }},
      {"mkdir", [=] { return ::syscall(SYS_mkdirat, AT_FDCWD, other.c_str(), 0700); }},
      {"mknod", [=] { return ::syscall(SYS_mknodat, AT_FDCWD, other.c_str(), S_IFIFO | 0600, 0); }},
      {"link", [=] { return ::syscall(SYS_linkat, AT_FDCWD, file.c_str(), AT_FDCWD, other.c_str(), 0); }},
      {"symlink", [=] { return ::syscall(SYS_symlinkat, file.c_str(), AT_FDCWD, other.c_str()); }},
      {"chmod", [=] { return ::syscall(SYS_fchmodat, AT_FDCWD, file.c_str(), 0777); }},
      {"chown", [=] { return ::syscall(SYS_fchownat, AT_FDCWD, file.c_str(), 1, 1, 0); }},
      {"times", [=] { return ::syscall(SYS_utimensat, AT_FDCWD, file.c_str(), nullptr, 0); }},
      {"extended attribute", [=] { return ::syscall(SYS_setxattr, file.c_str(), "user.a", "b", 1, 0); }},
      {"mount", [=] { return ::syscall(SYS_mount, "none", directory.c_str(), "tmpfs", 0, nullptr); }},
      {"unmount", [=] { return ::syscall(SYS_umount2, directory.c_str(), 0); }},
      {"chroot", [=] { return ::syscall(SYS_chroot, directory.c_str()); }},
      {"chdir", [=] { return ::syscall(SYS_chdir, directory.c_str()); }},
      {"run a program", [] { return ::syscall(SYS_execve, "/bin/true", nullptr, nullptr); }},
      {"run a program by descriptor",
       [] { return ::syscall(SYS_execveat, AT_FDCWD, "/bin/true", nullptr, nullptr, 0); }},
      {"fork", [] { return ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr); }},
      {"clone3", [] { return ::syscall(SYS_clone3, nullptr, 0); }},
      {"kill the parent", [] { return ::syscall(SYS_kill, ::getppid(), 0); }},
      {"kill a thread of the parent", [] { return ::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0); }},
      {"kill by descriptor", [] { return ::syscall(SYS_pidfd_open, ::getppid(), 0); }},
      {"signals by a descriptor", [] { return ::syscall(SYS_fcntl, STDERR_FILENO, F_SETOWN, ::getppid()); }},
      {"trace", [] { return ::syscall(SYS_ptrace, PTRACE_ATTACH, ::getppid(), nullptr, nullptr); }},
      {"memory of others",
       [] { return ::syscall(SYS_process_vm_writev, ::getppid(), nullptr, 0, nullptr, 0, 0); }},
      {"another's limits",
       [] { return ::syscall(SYS_prlimit64, ::getppid(), RLIMIT_CORE, nullptr, nullptr); }},
      {"a limit",
       [] {
         const rlimit none{.rlim_cur = 0, .rlim_max = 0};
         return ::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &none, nullptr);
       }},
      {"bind",
       [] {
         const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
         sockaddr_in address{};
         address.sin_family = AF_INET;
         return ::syscall(SYS_bind, socket, &address, sizeof address);
       }},
      {"listen", [] { return ::syscall(SYS_listen, ::socket(AF_INET, SOCK_STREAM, 0), 1); }},
      {"raw socket", [] { return ::syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0); }},
      {"audit socket", [] { return ::syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 9); }},
      {"setuid", [] { return ::syscall(SYS_setresuid, 1, 1, 1); }},
      {"setgid", [] { return ::syscall(SYS_setresgid, 1, 1, 1); }},
      {"setgroups", [] { return ::syscall(SYS_setgroups, 0, nullptr); }},
      {"capset", [] { return ::syscall(SYS_capset, nullptr, nullptr); }},
      {"unshare", [] { return ::syscall(SYS_unshare, CLONE_NEWUSER); }},
      {"setns", [] { return ::syscall(SYS_setns, STDERR_FILENO, 0); }},
      {"bpf", [] { return ::syscall(SYS_bpf, BPF_MAP_CREATE, nullptr, 0); }},
      {"io_uring", [] { return ::syscall(SYS_io_uring_setup, 1, nullptr); }},
      {"perf_event_open", [] { return ::syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0); }},
      {"keyctl", [] { return ::syscall(SYS_keyctl, 0, 0, 0, 0, 0); }},
      {"userfaultfd", [] { return ::syscall(SYS_userfaultfd, 0); }},
      {"another dumpable", [] { return ::syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0); }},
      {"terminal input", [] { return ::syscall(SYS_ioctl, STDERR_FILENO, TIOCSTI, "a"); }},
      {"set the clock", [] { return ::syscall(SYS_clock_settime, CLOCK_REALTIME, nullptr); }},
      {"reboot", [] { return ::syscall(SYS_reboot, 0, 0, 0, nullptr); }},
  };
}

TEST_CASE("nothing that changes anything is possible in isolation, for root either", "[observer]") {
  const test::Scratch scratch;
  std::ofstream(scratch / "file") << "unharmed";
  const auto all = attempts(scratch.path());
  const std::string allowed = isolated([&] {
    std::string words;
    for (const Attempt& attempt : all) {
      errno = 0;
      const bool is_refused = attempt.call() == -1 && errno == ENOSYS;
      if (!is_refused) words += std::string(attempt.what) + " (" + std::strerror(errno) + "); ";
    }
    return words;
  });
  REQUIRE(allowed.empty());
  std::ifstream file(scratch / "file");
  REQUIRE(std::string(std::istreambuf_iterator<char>(file), {}) == "unharmed");
  REQUIRE(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 1);
}

std::string line_of_status(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name)) return line + '\n';
  return name + " is not there\n";
}

TEST_CASE("what the kernel says of an isolated process", "[observer]") {
  const std::string said = isolated([] {
    rlimit core{};
    rlimit size{};
    ::getrlimit(RLIMIT_CORE, &core);
    ::getrlimit(RLIMIT_FSIZE, &size);
    std::string words;
    for (const char* const name :
         {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:", "Umask:"})
      words += line_of_status(name);
    return words + std::to_string(core.rlim_max) + ' ' + std::to_string(size.rlim_max) + ' ' +
           std::to_string(::prctl(PR_GET_DUMPABLE));
  });
  const std::string none = "\t0000000000000000\n";
  const std::string bounding = ::geteuid() == 0 ? "CapBnd:" + none : said.substr(said.find("CapBnd"), 24);
  REQUIRE(said == "CapInh:" + none + "CapPrm:" + none + "CapEff:" + none + bounding + "CapAmb:" + none +
                      "NoNewPrivs:\t1\nSeccomp:\t2\nUmask:\t0777\n0 0 0");
}

TEST_CASE("what was inherited is closed, and what is written ends nobody", "[observer]") {
  const test::Scratch scratch;
  const Fd file(::open((scratch / "log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const std::string said = isolated([&] {
    const bool is_closed = ::write(file.get(), "a", 1) == -1 && errno == EBADF;
    return std::string(is_closed ? "closed" : "open");
  });
  REQUIRE(said == "closed");
  const Fd output(::dup(STDOUT_FILENO));
  ::dup2(file.get(), STDOUT_FILENO);
  const std::string grown = isolated([] {
    return std::string(::write(STDOUT_FILENO, "a", 1) == -1 && errno == EFBIG ? "refused" : "grown");
  });
  ::dup2(output.get(), STDOUT_FILENO);
  REQUIRE(grown == "refused");
}

TEST_CASE("an isolated process resolves, reads its authorities and asks over TLS", "[observer]") {
  const test::Scratch scratch;
  const test::Authority authority("the site's authority");
  std::ofstream(scratch / "ca.pem") << authority.certificate();
  const test::ScriptedServer server(test::answers_with(test::http_answer("200 OK", "ready")),
                                    authority.issue({.names = {"DNS:localhost"}}));
  wire::ProbeQuestion question{.target = "https://localhost:" + std::to_string(server.port()) + "/",
                               .body = "ready",
                               .tls_ca = scratch / "ca.pem"};
  const auto look = [&] {
    std::ostringstream words;
    words << test::look(begin_http, question);
    return words.str();
  };
  REQUIRE(isolated(look) == "succeeded: 200 OK");
  // The system's authorities are read as well, and do not have this one.
  question.tls_ca.clear();
  REQUIRE(isolated(look).starts_with("failed: localhost:"));
  question.target = "http://no-such-host.invalid/";
  REQUIRE(isolated(look).find("no-such-host.invalid") != std::string::npos);
}

} // namespace
} // namespace holdfast::observer
