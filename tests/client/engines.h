#pragma once

#include "base/fd.h"
#include "client/client.h"
#include "command.h"
#include "support/catch.h"
#include "wire/control.h"

#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace holdfast::test {

constexpr int soon_ms = 20000;

/// What a command writes, as it comes.
class Stream {
public:
  Stream() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    read_ = Fd(ends[0]);
    write_ = Fd(ends[1]);
  }
  [[nodiscard]] int to_write() const { return write_.get(); }

  /// The next line, which must come.
  std::string line() {
    std::size_t end = 0;
    while ((end = all_.find('\n', taken_)) == std::string::npos) {
      pollfd wait{.fd = read_.get(), .events = POLLIN, .revents = 0};
      REQUIRE(::poll(&wait, 1, soon_ms) == 1);
      REQUIRE(receive());
    }
    std::string line = all_.substr(taken_, end - taken_);
    taken_ = end + 1;
    return line;
  }
  /// Nobody reads any more.
  void close() { read_.reset(); }
  /// All of it, of a command that has ended.
  std::string all() {
    write_.reset();
    while (receive()) {
    }
    return all_;
  }

private:
  bool receive() {
    char block[4096];
    const ssize_t n = ::read(read_.get(), block, sizeof block);
    if (n > 0) all_.append(block, static_cast<std::size_t>(n));
    return n > 0;
  }

  Fd read_;
  Fd write_;
  std::string all_;
  std::size_t taken_ = 0;
};

/// An engine's end of one connection.
class EngineEnd {
public:
  explicit EngineEnd(Fd fd) : fd_(std::move(fd)) {}

  wire::ControlRequest request() {
    std::string line;
    for (char c = 0; c != '\n';) {
      pollfd wait{.fd = fd_.get(), .events = POLLIN, .revents = 0};
      REQUIRE(::poll(&wait, 1, soon_ms) == 1);
      REQUIRE(::recv(fd_.get(), &c, 1, 0) == 1);
      line += c;
    }
    auto request = wire::decode_request(line.substr(0, line.size() - 1));
    REQUIRE(request.ok());
    return std::move(request).value();
  }
  /// What is asked first over a connection that was made again; then the request.
  wire::ControlRequest met() {
    REQUIRE(request() == wire::ControlRequest{.verb = wire::ControlVerb::version});
    say(wire::DaemonVersion{"1.2.3"});
    say(wire::Finished{});
    return request();
  }

  void say(const wire::ControlReply& reply) { write(wire::encode(reply) + "\n"); }
  /// At once: whoever has read the reply may be gone before anything else is sent.
  void say_all(const wire::ControlReply& reply) {
    write(wire::encode(reply) + "\n" + wire::encode(wire::Finished{}) + "\n");
  }
  void write(std::string_view text) {
    REQUIRE(::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  void die() { fd_.reset(); }

private:
  Fd fd_;
};

/// A command in a thread of its own, and the test in the place of the engines that it speaks to.
class Engines {
public:
  explicit Engines(std::vector<std::string> words, client::Patience patience = {}) {
    listen();
    client::Composition composition = command_.composition();
    composition.patience = patience;
    code_ = std::async(std::launch::async, [this, words = std::move(words), composition] {
      client::Terminal terminal(out.to_write(), err.to_write());
      return client::run_client(words, composition, terminal);
    });
  }
  /// The command ends when nobody listens any more; whoever has a connection still closes it before.
  ~Engines() { end(); }
  Engines(const Engines&) = delete;
  Engines& operator=(const Engines&) = delete;

  /// The next connection, which must come.
  EngineEnd accept() {
    pollfd wait{.fd = listener_.get(), .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&wait, 1, soon_ms) == 1);
    Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    REQUIRE(fd.valid());
    return EngineEnd(std::move(fd));
  }

  /// The daemon is killed as a whole: nobody listens, and the file stays.
  void kill() { listener_.reset(); }
  /// It ends in order.
  void end() {
    std::filesystem::remove(command_.socket());
    listener_.reset();
  }
  void listen() {
    const std::string path = command_.socket() + ".new";
    listener_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 8) == 0);
    // At no time is there no file, which would be the end of the daemon.
    std::filesystem::rename(path, command_.socket());
  }

  /// Whether it has not ended after that.
  bool goes_on_for(std::chrono::milliseconds time) {
    return code_.wait_for(time) == std::future_status::timeout;
  }
  /// The command's end, which must come.
  Ran ended() {
    REQUIRE(code_.wait_for(std::chrono::milliseconds(soon_ms)) == std::future_status::ready);
    return {.code = code_.get(), .out = out.all(), .err = err.all()};
  }
  [[nodiscard]] const Command& command() const { return command_; }

  Stream out;
  Stream err;

private:
  Command command_;
  Fd listener_;
  std::future<int> code_;
};

} // namespace holdfast::test
