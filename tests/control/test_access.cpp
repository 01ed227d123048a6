#include "control/peer.h"
#include "served.h"

#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::test;

namespace {

constexpr uid_t nobody = 65534;
constexpr gid_t daemon_group = 1;

/// What somebody else gets as an answer to a request: the bytes, or "errno N" where connect() fails.
std::string as_other(Served& served, uid_t uid, gid_t gid, std::vector<gid_t> groups,
                     const std::string& request) {
  int pipe[2];
  REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgroups(groups.size(), groups.data()) != 0 || ::setgid(gid) != 0 || ::setuid(uid) != 0)
      ::_exit(1);
    const Fd fd = connect_to(served.path());
    std::string said = fd.valid() ? "" : "errno " + std::to_string(errno);
    char block[4096];
    if (fd.valid()) {
      // Who is turned away may find the other end closed already, with the answer waiting.
      static_cast<void>(::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL));
      const ssize_t n = ::recv(fd.get(), block, sizeof block, 0);
      said.assign(block, n > 0 ? static_cast<std::size_t>(n) : 0);
    }
    if (::write(pipe[1], said.data(), said.size()) < 0) ::_exit(1);
    ::_exit(0);
  }
  const Fd read_end(pipe[0]);
  ::close(pipe[1]);
  int status = 0;
  REQUIRE(served.wait_until([&] { return ::waitpid(child, &status, WNOHANG) == child; }));
  REQUIRE(status == 0);
  char block[4096];
  const ssize_t n = ::read(read_end.get(), block, sizeof block);
  return {block, n > 0 ? static_cast<std::size_t>(n) : 0};
}

control::ServerOptions readers_are_daemon() {
  control::ServerOptions options;
  options.readers = "daemon";
  return options;
}

void open_path(Served& served, mode_t mode) {
  REQUIRE(::chmod(served.scratch.path().c_str(), 0755) == 0);
  REQUIRE(::chmod(served.path().c_str(), mode) == 0);
}

const std::string version = "{\"verb\":\"version\"}\n";
const std::string stop = "{\"verb\":\"stop\"}\n";

} // namespace

TEST_CASE("who may do what") {
  using control::Access;
  using control::access_of;
  CHECK(access_of({.uid = 0, .gid = 0}, 1000, {}) == Access::all);
  CHECK(access_of({.uid = 1000, .gid = 1000}, 1000, {}) == Access::all);
  CHECK(access_of({.uid = 1001, .gid = 0}, 1000, {}) == Access::none);
  CHECK(access_of({.uid = 1001, .gid = 7}, 1000, gid_t{7}) == Access::read);
  CHECK(access_of({.uid = 1001, .gid = 1, .groups = {2, 7}}, 1000, gid_t{7}) == Access::read);
  CHECK(access_of({.uid = 1001, .gid = 1, .groups = {2, 3}}, 1000, gid_t{7}) == Access::none);
}

TEST_CASE("strangers do not get as far as connecting") {
  Served served;
  open_path(served, 0660);
  CHECK(as_other(served, nobody, nobody, {}, version) == "errno " + std::to_string(EACCES));
}

TEST_CASE("a stranger who connects all the same is turned away") {
  Served served(readers_are_daemon());
  open_path(served, 0666);
  CHECK(as_other(served, nobody, nobody, {}, version).find("only root and members of group daemon") !=
        std::string::npos);
  CHECK(served.wait_until([&] { return served.server->connections() == 0; }));
}

TEST_CASE("members of the group read, through either kind of membership") {
  Served served(readers_are_daemon());
  open_path(served, 0660);
  CHECK(as_other(served, nobody, nobody, {2, daemon_group}, version).find("1.2.3") != std::string::npos);
  CHECK(as_other(served, nobody, daemon_group, {}, version).find("1.2.3") != std::string::npos);
}

TEST_CASE("members of the group change nothing") {
  Served served(readers_are_daemon());
  open_path(served, 0660);
  const std::string answer = as_other(served, nobody, nobody, {daemon_group}, stop);
  CHECK(answer.find("user 65534 may look and change nothing") != std::string::npos);
  CHECK(served.port.asked_.empty());
  REQUIRE(served.port.audit_.size() == 1);
  CHECK(served.port.audit_[0].starts_with("refused by=\"user 65534\" pid="));
  CHECK(served.port.audit_[0].find("command=\"stop\" text=\"user 65534 may look") != std::string::npos);
  for (const std::string verb : {R"("reload")", R"("door","open":true)", R"("task","services":["redis"])"}) {
    const std::string refused = as_other(served, nobody, nobody, {daemon_group}, "{\"verb\":" + verb + "}\n");
    CHECK(refused.find("may look and change nothing") != std::string::npos);
  }
  CHECK_FALSE(served.port.reload_told_);
}

TEST_CASE("members of the group may ask why") {
  Served served(readers_are_daemon());
  open_path(served, 0660);
  const std::string answer = as_other(served, nobody, nobody, {daemon_group}, "{\"verb\":\"explain\"}\n");
  CHECK(answer.find("\"reply\":\"explanation\"") != std::string::npos);
}

TEST_CASE("one connection more than are served is told so, and a place that is freed is given again") {
  Served served;
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(std::make_unique<TestClient>(served));
    clients.back()->send(version);
    clients.back()->reply_as<wire::DaemonVersion>();
  }
  TestClient late(served);
  CHECK(late.reply_as<wire::Refused>().text == "too many connections; try again");
  CHECK(late.closed());
  clients.pop_back();
  REQUIRE(served.wait_until([&] { return served.server->connections() == 63; }));
  TestClient again(served);
  again.send(version);
  again.reply_as<wire::DaemonVersion>();
}
