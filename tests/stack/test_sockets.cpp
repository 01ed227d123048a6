// Listening sockets that are held: who connects while the server is restarted waits and is not refused.

#include "stack/nothing_left.h"
#include "stack/synthetic.h"
#include "support/catch.h"
#include "support/ports.h"
#include "support/running_stack.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>

using namespace holdfast;
using namespace holdfast::test;

namespace {

constexpr Milliseconds patience = 20s;

enum class Outcome : std::uint8_t { answered, refused, cut };

struct Connection {
  Outcome outcome = Outcome::refused;
  std::string answer;
};

Connection heard_on(int socket) {
  pollfd wait{.fd = socket, .events = POLLIN, .revents = 0};
  std::array<char, 64> text{};
  if (::poll(&wait, 1, static_cast<int>(patience.count())) != 1)
    return {.outcome = Outcome::cut, .answer = {}};
  const ssize_t n = ::recv(socket, text.data(), text.size(), 0);
  if (n <= 0) return {.outcome = Outcome::cut, .answer = {}};
  return {.outcome = Outcome::answered, .answer = std::string(text.data(), static_cast<std::size_t>(n))};
}

Fd connected_to(int port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<std::uint16_t>(port));
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0) fd.reset();
  return fd;
}

Connection ask(int port) {
  const Fd fd = connected_to(port);
  return fd.valid() ? heard_on(fd.get()) : Connection{};
}

Connection ask(const std::string& path) {
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un peer{};
  peer.sun_family = AF_UNIX;
  path.copy(peer.sun_path, sizeof peer.sun_path - 1);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0) return {};
  return heard_on(fd.get());
}

/// Opens a connection each millisecond and waits for its answer in a thread of its own, until it ends.
class Visitors {
public:
  /// `request`: what each says first.
  explicit Visitors(int port, std::string request = {})
      : port_(port), request_(std::move(request)), thread_([this] { come(); }) {}
  ~Visitors() { end(); }
  Visitors(const Visitors&) = delete;
  Visitors& operator=(const Visitors&) = delete;

  void end() {
    ending_ = true;
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] int answered() const { return answered_; }
  [[nodiscard]] int refused() const { return refused_; }
  [[nodiscard]] int cut() const { return cut_; }

private:
  /// One that waits holds up nobody else: it is asked for its answer later, in the order of their coming.
  void come() {
    std::vector<Fd> waiting;
    while (!ending_ || !waiting.empty()) {
      if (!ending_) open(waiting);
      // A pace, not a wait for something to happen.
      ::poll(nullptr, 0, 1);
      for (auto at = waiting.begin(); at != waiting.end();) {
        pollfd ready{.fd = at->get(), .events = POLLIN, .revents = 0};
        if (!ending_ && ::poll(&ready, 1, 0) == 0) break;
        ++(heard_on(at->get()).outcome == Outcome::answered ? answered_ : cut_);
        at = waiting.erase(at);
      }
    }
  }

  void open(std::vector<Fd>& waiting) {
    Fd fd = connected_to(port_);
    if (fd.valid() && !request_.empty())
      static_cast<void>(!::send(fd.get(), request_.data(), request_.size(), MSG_NOSIGNAL));
    if (fd.valid())
      waiting.push_back(std::move(fd));
    else
      ++refused_;
  }

  int port_;
  std::string request_;
  std::atomic<bool> ending_ = false;
  std::atomic<int> answered_ = 0;
  std::atomic<int> refused_ = 0;
  std::atomic<int> cut_ = 0;
  std::thread thread_;
};

std::string server(const std::string& name, const std::string& sockets, const std::string& keys = "") {
  return "  " + name + ":\n    command: [\"" HOLDFAST_TEST_SOCKET_SERVER "\"]\n    user: root\n" +
         "    ready: {running: 0ms}\n    restart: {delay: 20ms, jitter: 0%, budget: 50 in 1m}\n    sockets: "
         "[" +
         sockets + "]\n" + keys;
}

std::string at_port(int port) {
  return "{name: web, listen: \"127.0.0.1:" + std::to_string(port) + "\"}";
}

/// The first of its sockets in `status --json`.
nlohmann::json socket_of(const RunningStack& stack, const std::string& service) {
  return stack.service(service).at("sockets").at(0);
}

} // namespace

TEST_CASE("sockets: a connection each millisecond through ten restarts; none is refused", "[sockets]") {
  const StackDirectory directory;
  const int port = free_ports(1);
  directory.write_services(server("web", at_port(port)));
  RunningStack stack(directory);
  stack.events().wait_for("web", "ready");
  Visitors visitors(port);
  REQUIRE(comes_true(patience, [&] { return visitors.answered() > 20; }));
  for (int restart = 0; restart < 10; ++restart) {
    const int before = visitors.answered();
    REQUIRE(stack.command({"restart", "web"}).failure() == "");
    REQUIRE(comes_true(patience, [&] { return visitors.answered() > before + 20; }));
  }
  CHECK(stack.service("web").at("run") == 11);
  visitors.end();
  CHECK(visitors.refused() == 0);
  CHECK(visitors.cut() == 0);
  CHECK(visitors.answered() > 200);
  CHECK(stack.stop() == 0);
  CHECK(left_of(directory) == "");
}

TEST_CASE("sockets: killed ten times under connections; none is refused and at most the one under way is cut",
          "[sockets]") {
  const StackDirectory directory;
  const int port = free_ports(1);
  directory.write_services(server("web", at_port(port)));
  RunningStack stack(directory);
  stack.events().wait_for("web", "ready");
  Visitors visitors(port);
  for (int restart = 0; restart < 10; ++restart) {
    const int before = visitors.answered();
    REQUIRE(comes_true(patience, [&] { return visitors.answered() > before + 10; }));
    stack.kill_service("web");
    stack.events().wait_for("web", "ready");
  }
  visitors.end();
  CHECK(visitors.refused() == 0);
  CHECK(visitors.cut() <= 10);
  CHECK(stack.stop() == 0);
}

TEST_CASE("sockets: whoever comes while engines and servers die or are restarted; none is refused",
          "[sockets]") {
  const StackDirectory directory;
  const int port = free_ports(1);
  directory.write_services(server("web", at_port(port)));
  RunningStack stack(directory);
  stack.events().wait_for("web", "ready");
  Visitors visitors(port);
  constexpr int deaths = 4;
  for (int death = 0; death < deaths; ++death) {
    const int before = visitors.answered();
    REQUIRE(comes_true(patience, [&] { return visitors.answered() > before + 20; }));
    const bool server_too = death % 2 == 1;
    const pid_t server = stack.service("web").at("pid");
    const pid_t lost = stack.kill_engine();
    if (server_too) REQUIRE(::kill(server, SIGKILL) == 0);
    REQUIRE(comes_true(patience, [&] { return stack.engine() != 0 && stack.engine() != lost; }));
    if (!server_too) {
      CHECK(stack.service("web").at("pid") == server);
      REQUIRE(stack.command({"restart", "web"}).failure() == "");
    }
    // 1, and one for each time.
    REQUIRE(comes_true(patience, [&] {
      const auto web = stack.service("web");
      return web.at("run") == death + 2 && web.at("phase") == "ready";
    }));
  }
  const int before = visitors.answered();
  CHECK(comes_true(patience, [&] { return visitors.answered() > before + 20; }));
  visitors.end();
  CHECK(visitors.refused() == 0);
  // Killed with its server, a connection may be under way.
  CHECK(visitors.cut() <= deaths / 2);
  CHECK(stack.stop() == 0);
  CHECK(left_of(directory) == "");
}

TEST_CASE("sockets: who waits is counted in status, and served when the server is there again", "[sockets]") {
  const StackDirectory directory;
  const int port = free_ports(1);
  directory.write_services(
      server("web", "{name: web, listen: \"127.0.0.1:" + std::to_string(port) + "\", backlog: 9}"));
  RunningStack stack(directory);
  stack.events().wait_for("web", "ready");
  CHECK(socket_of(stack, "web") ==
        nlohmann::json{
            {"name", "web"}, {"address", "127.0.0.1:" + std::to_string(port)}, {"queue", 0}, {"backlog", 9}});
  // What is held for it is in nobody's way.
  CHECK(stack.command({"check"}).failure() == "");
  const pid_t pid = stack.service("web").at("pid");
  REQUIRE(::kill(pid, SIGSTOP) == 0);
  const Fd one = connected_to(port);
  const Fd two = connected_to(port);
  CHECK(socket_of(stack, "web").at("queue") == 2);
  CHECK(
      stack.command({"status"}).output.find("2 of 9 connections wait on 127.0.0.1:" + std::to_string(port)) !=
      std::string::npos);
  REQUIRE(::kill(pid, SIGCONT) == 0);
  CHECK(heard_on(one.get()).answer == std::to_string(pid) + "\n");
  CHECK(heard_on(two.get()).outcome == Outcome::answered);
  CHECK(stack.stop() == 0);
}

TEST_CASE("sockets: a service that is stopped refuses, one that a reload gives a socket has it",
          "[sockets]") {
  const StackDirectory directory;
  const int port = free_ports(2);
  const std::string path = directory / "run/web";
  const std::string local = "{name: local, listen: \"unix:" + path + "\", mode: 0600}";
  directory.write_services(server("web", at_port(port) + ", " + local) + idle_service("other"));
  RunningStack stack(directory);
  stack.events().wait_for("web", "ready");
  CHECK(ask(port).outcome == Outcome::answered);
  CHECK(ask(path).outcome == Outcome::answered);

  REQUIRE(stack.command({"stop", "web"}).failure() == "");
  CHECK(ask(port).outcome == Outcome::refused);
  CHECK(::access(path.c_str(), F_OK) != 0);
  CHECK(socket_of(stack, "web").at("queue").is_null());
  REQUIRE(stack.command({"start", "web"}).failure() == "");
  CHECK(ask(port).outcome == Outcome::answered);
  CHECK(ask(path).outcome == Outcome::answered);

  directory.write_services(server("web", at_port(port + 1)) + idle_service("other"));
  REQUIRE(stack.command({"reload"}).failure() == "");
  CHECK(ask(port).outcome == Outcome::refused);
  CHECK(ask(port + 1).outcome == Outcome::answered);
  CHECK(::access(path.c_str(), F_OK) != 0);
  CHECK(stack.stop() == 0);
  CHECK(ask(port + 1).outcome == Outcome::refused);
  CHECK(left_of(directory) == "");
}

TEST_CASE("sockets: an address in use keeps a service waiting, in words, until it is free", "[sockets]") {
  const StackDirectory directory;
  const int port = free_ports(1);
  Fd rival(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(static_cast<std::uint16_t>(port));
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(rival.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  REQUIRE(::bind(rival.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0);
  REQUIRE(::listen(rival.get(), 1) == 0);
  directory.write_services(server("web", at_port(port)) + idle_service("other"));
  RunningStack stack(directory);
  const std::string why = "socket web: 127.0.0.1:" + std::to_string(port) + " is in use by test_stack (pid " +
                          std::to_string(::getpid()) + ")";
  CHECK(comes_true(patience, [&] { return stack.service("web").at("why") == why; }));
  CHECK(stack.service("web").at("phase") == "waiting");
  rival.reset();
  stack.events().wait_for("web", "ready");
  CHECK(ask(port).outcome == Outcome::answered);
  CHECK(stack.stop() == 0);
}

TEST_CASE("sockets: nginx takes them over, and a restart of it refuses and cuts nobody", "[sockets]") {
  const StackDirectory directory;
  const int port = free_ports(1);
  const std::string address = "127.0.0.1:" + std::to_string(port);
  directory.write("nginx.conf",
                  "daemon off;\nuser root;\nworker_processes 2;\nerror_log stderr notice;\npid " +
                      directory / "nginx.pid" + ";\nevents { worker_connections 512; }\n" +
                      "http { access_log off; server { listen " + address +
                      "; location / { return 200 'here'; } } }\n");
  directory.write_services(
      "  nginx:\n    command: [/usr/sbin/nginx, -c, \"" + directory / "nginx.conf" +
      "\"]\n    user: root\n    ready: {running: 0ms}\n    leftovers: 0s\n"
      "    stop: [{signal: SIGQUIT, wait: 20s}]\n    restart: {delay: 20ms, budget: 50 in 1m}\n"
      "    socket_passing: nginx\n    sockets: [" +
      at_port(port) + "]\n");
  RunningStack stack(directory);
  stack.events().wait_for("nginx", "ready");
  Visitors visitors(port, "GET / HTTP/1.0\r\n\r\n");
  for (int restart = 0; restart < 3; ++restart) {
    const int before = visitors.answered();
    REQUIRE(comes_true(patience, [&] { return visitors.answered() > before + 50; }));
    REQUIRE(stack.command({"restart", "nginx"}).failure() == "");
  }
  CHECK(visitors.cut() == 0);
  stack.kill_service("nginx");
  stack.events().wait_for("nginx", "ready");
  const int before = visitors.answered();
  CHECK(comes_true(patience, [&] { return visitors.answered() > before + 50; }));
  visitors.end();
  CHECK(visitors.refused() == 0);
  CHECK(contents(directory / "log/nginx.log").find("using inherited sockets") != std::string::npos);
  CHECK(stack.stop() == 0);
}
