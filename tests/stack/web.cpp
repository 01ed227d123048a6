#include "stack/web.h"

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holdfast::test {
namespace {

constexpr int patience_in_ms = 20'000;

sockaddr_in on_loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// What comes next; empty where the other side is silent or gone.
std::string read_some(int fd) {
  pollfd wait{fd, POLLIN, 0};
  std::array<char, 4096> block{};
  if (::poll(&wait, 1, patience_in_ms) != 1) return {};
  const ssize_t n = ::recv(fd, block.data(), block.size(), 0);
  return n > 0 ? std::string(block.data(), static_cast<std::size_t>(n)) : std::string();
}

/// Up to the blank line at least, unless the other side falls silent before.
std::string read_head(int fd) {
  std::string text;
  while (text.find("\r\n\r\n") == std::string::npos) {
    const std::string more = read_some(fd);
    if (more.empty()) break;
    text += more;
  }
  return text;
}

void send_all(int fd, const std::string& text) {
  static_cast<void>(!::send(fd, text.data(), text.size(), MSG_NOSIGNAL));
}

std::string head_of(const std::string& path, bool keep) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: " + (keep ? "keep-alive" : "close") +
         "\r\n";
}

} // namespace

Application::Application()
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), end_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = on_loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(listener_.get(), 1024) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

Application::~Application() {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(end_.get(), &one, sizeof one));
  thread_.join();
}

void Application::serve() {
  for (;;) {
    std::array<pollfd, 2> wait{{{listener_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
    ::poll(wait.data(), wait.size(), -1);
    if (wait[1].revents != 0) return;
    const Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const std::string head = read_head(client.get());
    const auto path = head.find(' ') + 1;
    {
      const std::lock_guard lock(mutex_);
      paths_.insert(head.substr(path, head.find(' ', path) - path));
    }
    send_all(client.get(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  }
}

bool Application::was_asked_for(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return paths_.contains(path);
}

void Visitor::connect() {
  socket_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in address = on_loopback(port_);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    socket_.reset();
}

void Visitor::begin(const std::string& path) {
  connect();
  send_all(socket_.get(), head_of(path, false));
}

Visit Visitor::finish(const std::string& path) {
  Visit visit{.path = path, .began = std::chrono::steady_clock::now(), .ended = {}};
  send_all(socket_.get(), "\r\n");
  return answer(std::move(visit));
}

Visit Visitor::visit(const std::string& path, bool keep) {
  if (!socket_.valid()) connect();
  Visit visit{.path = path, .began = std::chrono::steady_clock::now(), .ended = {}};
  send_all(socket_.get(), head_of(path, keep) + "\r\n");
  visit = answer(std::move(visit));
  if (!keep) socket_.reset();
  return visit;
}

Visit Visitor::answer(Visit visit) {
  std::string text = read_head(socket_.get());
  const auto end_of_head = text.find("\r\n\r\n");
  if (end_of_head == std::string::npos || text.compare(0, 9, "HTTP/1.1 ") != 0) return visit;
  visit.status = std::stoi(text.substr(9, 3));
  const std::string head = text.substr(0, end_of_head + 2);
  visit.retry_after = head.find("\r\nRetry-After: ") != std::string::npos;
  // The body, so that the next answer on this connection begins at its beginning.
  const auto length = head.find("\r\nContent-Length: ");
  const std::size_t whole =
      end_of_head + 4 + (length == std::string::npos ? 0 : std::stoul(head.substr(length + 18)));
  while (text.size() < whole) {
    const std::string more = read_some(socket_.get());
    if (more.empty()) break;
    text += more;
  }
  visit.ended = std::chrono::steady_clock::now();
  if (head.find("\r\nConnection: close") != std::string::npos) socket_.reset();
  return visit;
}

Crowd::Crowd(int port, int visitors) {
  for (int who = 0; who < visitors; ++who)
    threads_.emplace_back([this, who, port] { come(who, port); });
}

Crowd::~Crowd() {
  static_cast<void>(leave());
}

void Crowd::come(int who, int port) {
  Visitor visitor(port);
  std::vector<Visit> own;
  for (int n = 0; !leaving_; ++n) {
    own.push_back(visitor.visit("/" + std::to_string(who) + "/" + std::to_string(n), who % 2 == 0));
    ++made_;
  }
  const std::lock_guard lock(mutex_);
  visits_.insert(visits_.end(), own.begin(), own.end());
}

bool Crowd::makes(int more) {
  const int goal = made_ + more;
  return comes_true(20s, [&] { return made_ >= goal; });
}

std::vector<Visit> Crowd::leave() {
  leaving_ = true;
  for (std::thread& thread : threads_)
    thread.join();
  threads_.clear();
  return std::move(visits_);
}

} // namespace holdfast::test
