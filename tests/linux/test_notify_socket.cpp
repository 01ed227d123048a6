#include "base/file.h"
#include "linux/notify_socket.h"
#include "processes.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <vector>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// As sd_notify(3) does it; `descriptors` go along.
bool send(const std::string& path, std::string text, std::vector<int> descriptors = {}) {
  const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = address_of(path);
  iovec what{.iov_base = text.data(), .iov_len = text.size()};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = &what;
  message.msg_iovlen = 1;
  const std::size_t bytes = descriptors.size() * sizeof(int);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(253 * sizeof(int))> control{};
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* const part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(part), descriptors.data(), bytes);
  }
  return ::sendmsg(fd.get(), &message, 0) == static_cast<ssize_t>(text.size());
}

NotifySocket bound(const std::string& path) {
  auto socket = NotifySocket::bind(path);
  REQUIRE(socket);
  return std::move(socket).value();
}

bool anybody(int, std::string_view) {
  return true;
}

int count_descriptors() {
  int count = 0;
  for (int fd = 0; fd < 1024; ++fd)
    count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

std::vector<Notification> received_by(NotifySocket& socket, const NotifySocket::IsMember& is_member,
                                      std::size_t most = 64) {
  std::vector<Notification> all;
  socket.receive(
      is_member, [&](const Notification& one) { all.push_back(one); }, most);
  return all;
}

} // namespace

TEST_CASE("notify socket: the sender is known by pid and cgroup") {
  const Scratch scratch;
  const TestCgroup cgroup;
  REQUIRE(make_cgroup(cgroup / "1"));
  NotifySocket socket = bound(scratch / "notify");
  const Child child([&] {
    if (!move_into(cgroup / "1", ::getpid()) || !send(socket.path(), "READY=1\n")) return 1;
    return pause_for_ever();
  });
  REQUIRE(becomes_readable(socket.fd()));
  int pid = 0;
  std::string path;
  const auto received = received_by(socket, [&](int sender, std::string_view its_cgroup) {
    pid = sender;
    path = its_cgroup;
    return true;
  });
  REQUIRE(received.size() == 1);
  CHECK(received[0].ready);
  CHECK(received[0].sender == child.pid());
  CHECK(pid == child.pid());
  CHECK(cgroup_mount().value() + path == cgroup / "1");
  CHECK(socket.rejected() == 0);
}

TEST_CASE("notify socket: a sender outside of the leaf is rejected and counted") {
  const Scratch scratch;
  const TestCgroup cgroup;
  NotifySocket socket = bound(scratch / "notify");
  const std::string leaf = cgroup.path().substr(cgroup_mount().value().size());
  REQUIRE(send(socket.path(), "READY=1"));
  CHECK(received_by(socket, [&](int, std::string_view path) { return path == leaf; }).empty());
  CHECK(socket.rejected() == 1);
}

TEST_CASE("notify socket: a sender that was reaped has no cgroup; a zombie still has") {
  const Scratch scratch;
  const TestCgroup cgroup;
  NotifySocket socket = bound(scratch / "notify");
  const auto send_and_end = [&] {
    return move_into(cgroup.path(), ::getpid()) && send(socket.path(), "STATUS=last words") ? 0 : 1;
  };
  std::string path = "?";
  const auto remember = [&](int, std::string_view its_cgroup) {
    path = its_cgroup;
    return !path.empty();
  };
  Child gone(send_and_end);
  REQUIRE(gone.wait() == 0);
  CHECK(received_by(socket, remember).empty());
  CHECK(path.empty());
  CHECK(socket.rejected() == 1);

  const Child zombie(send_and_end);
  zombie.wait_for_end();
  CHECK(received_by(socket, remember).size() == 1);
  CHECK(cgroup_mount().value() + path == cgroup.path());
}

TEST_CASE("notify socket: empty, overlong and NUL are rejected; what comes after them is not") {
  const Scratch scratch;
  NotifySocket socket = bound(scratch / "notify");
  REQUIRE(send(socket.path(), ""));
  REQUIRE(send(socket.path(), "READY=1\nSTATUS=" + std::string(5000, 'x')));
  REQUIRE(send(socket.path(), std::string("READY=1\0\n", 9)));
  REQUIRE(send(socket.path(), "READY=1\nSTATUS=\xc3("));
  REQUIRE(send(socket.path(), "STOPPING=1"));
  const auto received = received_by(socket, anybody);
  REQUIRE(received.size() == 1);
  CHECK(received[0].stopping);
  CHECK(socket.rejected() == 4);
}

TEST_CASE("notify socket: descriptors that come along are closed") {
  const Scratch scratch;
  NotifySocket socket = bound(scratch / "notify");
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  Fd read(ends[0]);
  Fd write(ends[1]);
  const int before = count_descriptors();
  REQUIRE(send(socket.path(), "BARRIER=1", {write.get()}));
  REQUIRE(send(socket.path(), "READY=1\nFDSTORE=1", std::vector<int>(253, write.get())));
  REQUIRE(send(socket.path(), std::string(5000, 'x'), {write.get(), write.get()}));
  CHECK(received_by(socket, anybody).size() == 2);
  CHECK(socket.rejected() == 1);
  CHECK(count_descriptors() == before);
  write.reset();
  char byte = 0;
  CHECK(::read(read.get(), &byte, 1) == 0); // nobody holds the other end any more
}

TEST_CASE("notify socket: bounded at one go, nothing lost; nothing there is no wait") {
  const Scratch scratch;
  NotifySocket socket = bound(scratch / "notify");
  CHECK(received_by(socket, anybody).empty());
  for (int i = 0; i < 5; ++i)
    REQUIRE(send(socket.path(), "WATCHDOG=1"));
  CHECK(received_by(socket, anybody, 3).size() == 3);
  CHECK(received_by(socket, anybody, 3).size() == 2);
}

TEST_CASE("notify socket: any user may send") {
  const Scratch scratch;
  REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
  const mode_t before = ::umask(0077);
  NotifySocket socket = bound(scratch / "notify");
  ::umask(before);
  Child child([&] { return ::setuid(4711) == 0 && send(socket.path(), "READY=1") ? 0 : 1; });
  CHECK(child.wait() == 0);
}

TEST_CASE("notify socket: what an earlier daemon left is replaced, anything else is not") {
  const Scratch scratch;
  { const NotifySocket old = bound(scratch / "notify"); }
  NotifySocket socket = bound(scratch / "notify");
  CHECK(send(socket.path(), "READY=1"));
  REQUIRE(replace_file(scratch / "file", "x", 0600));
  CHECK(NotifySocket::bind(scratch / "file").error().code == EEXIST);
  CHECK(NotifySocket::bind(scratch / std::string(120, 'x')).error().code == ENAMETOOLONG);
  REQUIRE(::chmod(scratch.path().c_str(), 0777) == 0);
  CHECK(NotifySocket::bind(scratch / "notify").error().code == EACCES);
}
