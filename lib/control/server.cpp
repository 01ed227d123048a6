#include "control/server.h"

#include "control/listen.h"
#include "control/peer.h"

#include <algorithm>
#include <boost/system/error_code.hpp>
#include <cerrno>
#include <chrono>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace holdfast::control {

using boost::system::error_code;
using Protocol = boost::asio::local::stream_protocol;

namespace {

/// Without a descriptor to accept with, the socket stays readable: looking again at once would be a busy
/// loop.
constexpr std::chrono::milliseconds pause_without_descriptors{100};

/// Beyond the connections that are served, how many may be told that they are not, at the same time.
constexpr std::size_t most_turned_away = 16;

Client client_of(int socket, std::optional<gid_t> readers) {
  const auto peer = peer_of(socket);
  if (!peer) return {};
  return {.access = access_of(peer.value(), ::geteuid(), readers),
          .who = words(peer.value()),
          .pid = peer.value().pid};
}

} // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::open(boost::asio::io_context& loop,
                                                           ServerOptions options, engine::ControlPort& port,
                                                           Fd held) {
  auto socket = listen_at(options.socket, group_id(options.readers), std::move(held));
  if (!socket) return socket.error();
  return std::unique_ptr<ControlServer>(
      new ControlServer(loop, std::move(options), port, std::move(socket).value()));
}

ControlServer::ControlServer(boost::asio::io_context& loop, ServerOptions options, engine::ControlPort& port,
                             Fd socket)
    : loop_(loop), options_(std::move(options)), host_{port, options_.version, std::make_shared<Audit>(port)},
      readers_(group_id(options_.readers)), acceptor_(loop), pause_(loop) {
  acceptor_.assign(Protocol(), socket.release());
  wait();
}

ControlServer::~ControlServer() {
  error_code ignored;
  acceptor_.close(ignored);
  ::unlink(options_.socket.c_str());
}

void ControlServer::changed() {
  host_.audit->changed();
  for (Conversation& conversation : conversations_)
    conversation.changed();
}

void ControlServer::wait() {
  acceptor_.async_wait(Protocol::acceptor::wait_read, [this, alive = alive()](const error_code& error) {
    if (!error && !alive.expired()) accept_one();
  });
}

/// Not Asio's accept: its descriptors are not close-on-exec from birth.
void ControlServer::accept_one() {
  Fd socket(::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  const int error = errno;
  if (socket.valid())
    welcome(std::move(socket));
  else if (error != EAGAIN && error != EINTR && error != ECONNABORTED)
    return wait_a_while();
  wait();
}

void ControlServer::wait_a_while() {
  pause_.expires_after(pause_without_descriptors);
  pause_.async_wait([this, alive = alive()](const error_code& error) {
    if (!error && !alive.expired()) wait();
  });
}

void ControlServer::welcome(Fd socket) {
  if (conversations_.size() >= options_.most_connections + most_turned_away) return;
  Client client = client_of(socket.get(), readers_);
  std::string why = objection(client);
  Conversation& conversation =
      conversations_.emplace_back(host_, std::move(client), [this](Conversation& ended) { forget(ended); });
  conversation.begin(loop_, std::move(socket), options_.limits);
  if (!why.empty()) conversation.turn_away(std::move(why));
}

std::string ControlServer::objection(const Client& client) const {
  if (client.access == Access::none)
    return "only root and members of group " + options_.readers + " may connect";
  const auto reads = [](const Conversation& other) { return other.access() == Access::read; };
  const auto readers =
      static_cast<std::size_t>(std::count_if(conversations_.begin(), conversations_.end(), reads));
  const bool full = conversations_.size() >= options_.most_connections ||
                    (client.access == Access::read && readers >= options_.most_readers);
  return full ? "too many connections; try again" : "";
}

void ControlServer::forget(const Conversation& ended) {
  conversations_.remove_if([&ended](const Conversation& other) { return &other == &ended; });
}

} // namespace holdfast::control
