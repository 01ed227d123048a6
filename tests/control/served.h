#pragma once

#include "control/server.h"
#include "fake_port.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace holdfast::test {

inline Fd connect_to(const std::string& path) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return fd;
}

/// A server on a real socket and its loop, which turns only while a test waits for something.
class Served {
public:
  explicit Served(control::ServerOptions options = {}, model::StackSpec spec = two_services())
      : port(std::move(spec)) {
    open(options, {});
  }

  /// As if the engine had been killed and another had taken over what the anchor holds.
  void change_engine() {
    Fd held(::dup(server->listener()));
    const std::string hidden = path() + ".hidden";
    // The end of a server is an orderly one, of which the file is no part here.
    std::filesystem::rename(path(), hidden);
    server.reset();
    std::filesystem::rename(hidden, path());
    open({}, std::move(held));
  }

  [[nodiscard]] std::string path() const { return scratch / "control.sock"; }

  template <typename Condition>
  [[nodiscard]] bool wait_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop.restart();
      loop.run_one_for(std::chrono::milliseconds(20));
    }
    return true;
  }

  Scratch scratch;
  FakePort port;
  boost::asio::io_context loop;
  std::unique_ptr<control::ControlServer> server;

private:
  void open(control::ServerOptions options, Fd held) {
    options.socket = path();
    options.version = "1.2.3";
    auto opened = control::ControlServer::open(loop, options, port, std::move(held));
    REQUIRE(opened.ok());
    server = std::move(opened).value();
    port.on_change([this] { server->changed(); });
  }
};

class TestClient {
public:
  explicit TestClient(Served& served) : served_(served), fd_(connect_to(served.path())) {
    REQUIRE(fd_.valid());
  }

  void send(std::string_view text) {
    REQUIRE(::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  void ask(const wire::ControlRequest& request) { send(wire::encode(request) + "\n"); }

  /// The next line; nothing at the end of the connection.
  std::optional<std::string> line() {
    const bool came =
        served_.wait_until([this] { return bytes_.find('\n') != std::string::npos || !receive(); });
    REQUIRE(came);
    const std::size_t end = bytes_.find('\n');
    if (end == std::string::npos) return {};
    std::string text = bytes_.substr(0, end);
    bytes_.erase(0, end + 1);
    return text;
  }
  wire::ControlReply reply() {
    const auto text = line();
    REQUIRE(text.has_value());
    auto read = wire::decode_reply(*text);
    REQUIRE(read.ok());
    return std::move(read).value();
  }
  template <typename Reply>
  Reply reply_as() {
    wire::ControlReply any = reply();
    INFO(wire::encode(any));
    REQUIRE(std::holds_alternative<Reply>(any));
    return std::get<Reply>(any);
  }
  [[nodiscard]] bool closed() { return !line().has_value(); }
  void hang_up() { fd_.reset(); }
  [[nodiscard]] int fd() const { return fd_.get(); }

private:
  /// False at the end.
  bool receive() {
    char block[4096];
    const ssize_t n = ::recv(fd_.get(), block, sizeof block, MSG_DONTWAIT);
    if (n > 0) bytes_.append(block, static_cast<std::size_t>(n));
    return n > 0 || (n < 0 && errno == EAGAIN);
  }

  Served& served_;
  Fd fd_;
  std::string bytes_;
};

} // namespace holdfast::test
