#include "observer/connect.h"

#include "base/fd.h"
#include "observer/later.h"
#include "observer/resolve.h"

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <optional>
#include <sys/socket.h>
#include <sys/un.h>

namespace holdfast::observer {
namespace {

using boost::asio::generic::stream_protocol;
using boost::asio::ip::tcp;

std::string words_of(const PeerAddress& place) {
  if (!place.path.empty()) return place.path;
  const bool is_ipv6 = place.host.find(':') != std::string::npos;
  return (is_ipv6 ? '[' + place.host + ']' : place.host) + ':' + std::to_string(place.port);
}

Error refusal(const PeerAddress& place, int code) {
  // A unix socket whose queue is full answers EAGAIN; "temporarily unavailable" would lead nobody there.
  if (!place.path.empty() && code == EAGAIN)
    return Error{place.path + ": the queue of connections is full", ECONNREFUSED};
  return system_error(words_of(place), code);
}

/// A unix socket connects at once or not at all. Asio waits for one whose queue is full and then takes it for
/// connected.
Result<Connecting::Socket> connect_unix(boost::asio::io_context& loop, const PeerAddress& place) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (place.path.size() >= sizeof address.sun_path)
    return Error{place.path + ": too long for a unix socket", EINVAL};
  place.path.copy(address.sun_path, place.path.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return system_error("no socket", errno);
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return refusal(place, errno);
  return Connecting::Socket(loop, stream_protocol(AF_UNIX, 0), socket.release());
}

} // namespace

Answer unreachable(const Error& error) {
  switch (error.code) {
  case EMFILE:
  case ENFILE:
  case ENOMEM:
  case ENOBUFS:
  case EACCES:
  case EPERM:
  case EAGAIN:
  case EINVAL:
  case EADDRNOTAVAIL:
  case EAFNOSUPPORT: return {wire::ProbeVerdict::unknown, error.what};
  default: return {wire::ProbeVerdict::failed, error.what};
  }
}

bool is_its_own_peer(const tcp::socket& socket) {
  boost::system::error_code ignored;
  return socket.local_endpoint(ignored) == socket.remote_endpoint(ignored);
}

struct Connecting::Attempt : std::enable_shared_from_this<Connecting::Attempt> {
  Attempt(boost::asio::io_context& its_loop, Done its_done) : loop(its_loop), done(std::move(its_done)) {}

  void begin(const PeerAddress& to) {
    place = to;
    if (!place.path.empty()) {
      later.emplace(loop, [self = shared_from_this()] { self->tell(connect_unix(self->loop, self->place)); });
      return;
    }
    resolving.emplace(loop, place.host, place.port, [self = shared_from_this()](auto found) {
      self->resolving.reset();
      if (!found) return self->tell(found.error());
      self->endpoints = std::move(found).value();
      self->try_next();
    });
  }

  void try_next() {
    socket.emplace(loop);
    socket->async_connect(endpoints[tried], [self = shared_from_this()](boost::system::error_code error) {
      if (self->done) self->connected(error);
    });
  }

  void connected(boost::system::error_code error) {
    if (!error && is_its_own_peer(*socket)) error = boost::asio::error::connection_refused;
    if (!error) {
      socket->non_blocking(true, error);
      return tell(Socket(std::move(*socket)));
    }
    if (++tried < endpoints.size()) return try_next();
    tell(refusal(place, error.value()));
  }

  void tell(Result<Socket> result) {
    if (auto told = std::exchange(done, nullptr)) told(std::move(result));
  }

  void refuse(const Error& error) {
    later.emplace(loop, [self = shared_from_this(), error] { self->tell(error); });
  }

  void give_up() {
    done = nullptr;
    later.reset();
    resolving.reset();
    socket.reset();
  }

  boost::asio::io_context& loop;
  Done done; ///< none: told already, or nobody waits
  PeerAddress place;
  std::optional<Later> later;
  std::optional<Resolving> resolving;
  std::vector<tcp::endpoint> endpoints;
  std::size_t tried = 0;
  std::optional<tcp::socket> socket;
};

Connecting::Connecting(boost::asio::io_context& loop, const PeerAddress& place, Done done)
    : attempt_(std::make_shared<Attempt>(loop, std::move(done))) {
  attempt_->begin(place);
}

Connecting::Connecting(boost::asio::io_context& loop, std::string_view target, Done done)
    : attempt_(std::make_shared<Attempt>(loop, std::move(done))) {
  if (const auto place = peer_address_of(target))
    attempt_->begin(place.value());
  else
    attempt_->refuse(place.error().in(target));
}

Connecting::~Connecting() {
  attempt_->give_up();
}

std::string Connecting::waits_for() const {
  if (attempt_->resolving) return "the address of " + attempt_->place.host;
  return "a connection to " + words_of(attempt_->place);
}

} // namespace holdfast::observer
