#pragma once

#include "base/address.h"
#include "base/result.h"
#include "observer/probe.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::observer {

/// What a connection that could not be made says of the peer: it failed; or nothing is known, since the cause
/// is ours (no descriptor, no permission, no name service; EINVAL: what we were told to do cannot be done).
[[nodiscard]] Answer unreachable(const Error& error);

/// Where nobody listens on a port that the kernel also gives out, TCP may connect a socket to itself: nobody
/// is there then.
[[nodiscard]] bool is_its_own_peer(const boost::asio::ip::tcp::socket& socket);

/// Connects to a peer, once. All addresses of a name are tried, one after the other. Destroyed, it tells
/// nobody any more.
class Connecting {
public:
  using Socket = boost::asio::generic::stream_protocol::socket; ///< non-blocking, TCP or unix
  /// Called once, from the loop and never from the constructor; it may destroy this. An error is in words for
  /// an operator ("127.0.0.1:6379: Connection refused") and goes into `unreachable`.
  using Done = std::function<void(Result<Socket>)>;

  Connecting(boost::asio::io_context& loop, const PeerAddress& place, Done done);
  /// A target that is none is an error that is told like others.
  Connecting(boost::asio::io_context& loop, std::string_view target, Done done);
  ~Connecting();
  Connecting(const Connecting&) = delete;
  Connecting& operator=(const Connecting&) = delete;

  /// What it waits for just now, for Probe::waits_for.
  [[nodiscard]] std::string waits_for() const;

private:
  struct Attempt;
  std::shared_ptr<Attempt> attempt_;
};

} // namespace holdfast::observer
