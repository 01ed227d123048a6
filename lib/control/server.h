#pragma once
// The control socket. All in the loop's thread; nothing a client does or leaves undone holds up the loop or
// costs more than a bounded amount of memory.

#include "control/connection.h"
#include "control/conversation.h"
#include "engine/control_port.h"
#include "wire/control.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

namespace holdfast::control {

struct ServerOptions {
  std::string socket = {}; ///< "/run/holdfast/control.sock"; its directory is there, and ours alone to write
  std::string version = {};
  std::string readers = "holdfast"; ///< the group whose members may read, where it exists
  std::size_t most_connections = 64;
  std::size_t most_readers = 48; ///< of these; so that readers cannot keep the operator out
  ConnectionLimits limits{.longest_line = wire::longest_request};
};

class ControlServer {
public:
  /// Listens, on what an engine before this one listened on where that is given (see listen_at). `loop` and
  /// `port` are borrowed and must outlive this.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>>
  open(boost::asio::io_context& loop, ServerOptions options, engine::ControlPort& port, Fd held = {});

  /// An orderly end of the daemon: closes every connection and removes the socket file, by which clients know
  /// that nobody comes after it.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// To be called from ControlPort::on_change. The port has one listener, and others want to know as well: so
  /// whoever composes the daemon passes it on.
  void changed();

  /// What listens, to be held for the engine that comes after this one. Borrowed.
  [[nodiscard]] int listener() { return acceptor_.native_handle(); }
  [[nodiscard]] std::size_t connections() const { return conversations_.size(); }

private:
  ControlServer(boost::asio::io_context& loop, ServerOptions options, engine::ControlPort& port, Fd socket);
  void wait();
  void accept_one();
  void wait_a_while();
  void welcome(Fd socket);
  void forget(const Conversation& ended);
  /// Expires with this: a handler that is queued already must not touch what is gone.
  [[nodiscard]] std::weak_ptr<void> alive() const { return life_; }
  /// Why this client is turned away; empty: it is not.
  [[nodiscard]] std::string objection(const Client& client) const;

  boost::asio::io_context& loop_;
  ServerOptions options_;
  Host host_;
  std::optional<gid_t> readers_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::list<Conversation> conversations_;
  std::shared_ptr<void> life_ = std::make_shared<char>();
};

} // namespace holdfast::control
