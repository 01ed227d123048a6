#pragma once

#include "base/fd.h"
#include "support/catch.h"
#include "wire/control.h"

#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <utility>
#include <vector>

namespace holdfast::test {

/// Listens on a path and answers each connection's one request with the same lines, then closes.
class FakeDaemon {
public:
  FakeDaemon(const std::string& path, std::vector<wire::ControlReply> replies)
      : replies_(std::move(replies)) {
    listener_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 8) == 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeDaemon() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  /// The requests so far, without their ids: those are drawn at random.
  [[nodiscard]] std::vector<wire::ControlRequest> requests() {
    const std::lock_guard lock(mutex_);
    std::vector<wire::ControlRequest> requests = requests_;
    for (wire::ControlRequest& request : requests)
      request.id = 0;
    return requests;
  }
  [[nodiscard]] std::vector<std::uint64_t> ids() {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t> ids;
    for (const wire::ControlRequest& request : requests_)
      ids.push_back(request.id);
    return ids;
  }
  /// Sent as it is, after the replies.
  std::string raw;

private:
  void serve() {
    for (;;) {
      const Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client.valid()) return;
      answer(client.get());
    }
  }
  void answer(int client) {
    std::string line;
    for (char c = 0; ::recv(client, &c, 1, 0) == 1 && c != '\n';)
      line += c;
    if (auto request = wire::decode_request(line); request.ok()) {
      const std::lock_guard lock(mutex_);
      requests_.push_back(std::move(request).value());
    }
    std::string text;
    for (const wire::ControlReply& reply : replies_)
      text += wire::encode(reply) + "\n";
    text += raw;
    static_cast<void>(::send(client, text.data(), text.size(), MSG_NOSIGNAL));
  }

  std::vector<wire::ControlReply> replies_;
  Fd listener_;
  std::mutex mutex_;
  std::vector<wire::ControlRequest> requests_;
  std::thread thread_;
};

} // namespace holdfast::test
