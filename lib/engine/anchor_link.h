#pragma once

#include "base/result.h"
#include "model/why.h"
#include "wire/anchor.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <optional>
#include <string>

namespace holdfast::engine {

/// Of si_code and si_status, as waitid(2) gives them.
[[nodiscard]] model::ExitStatus exit_status(int code, int status);

/// The engine's end of the socket to the anchor.
class AnchorLink {
public:
  struct Handlers {
    std::function<void(int pid, model::ExitStatus status)> exited; ///< a zombie: `reap` it when accounted for
    std::function<void(int signal)> signalled;
    /// The next build did not pass its trial: how that ended; nothing: errno, it did not begin.
    std::function<void(std::optional<model::ExitStatus> trial, int error)> not_upgraded;
    std::function<void()> gone; ///< the anchor died
  };

  /// Takes the socket over.
  AnchorLink(boost::asio::io_context& loop, int socket, Handlers handlers);

  /// The exit of `pid` is accounted for.
  void reap(int pid);
  /// The anchor keeps a copy of the descriptor for as long as it lives, or until another takes the slot
  /// (wire/held.h).
  [[nodiscard]] Status hold(std::int32_t slot, int descriptor);
  /// What is held in the slot is closed.
  void drop(std::int32_t slot);
  /// One `signalled` of this signal is in the saved state; until then the anchor tells it to each new engine.
  void took(int signal);
  /// The build that is held in the slots of the next one is tried, and writes to `output`; see
  /// wire::ToAnchor::upgrade.
  [[nodiscard]] Status upgrade(int output);
  /// We end in order; the anchor exits with `code` when we are gone.
  void finish(int code);

  /// The anchor passes the text on to the service manager; an empty one is not sent.
  void notify(const std::string& text);

private:
  void tell(wire::ToAnchor kind, std::int32_t value);
  void wait();
  void receive();
  void not_upgraded(const wire::AnchorRecord& record);

  boost::asio::posix::stream_descriptor socket_;
  Handlers handlers_;
};

} // namespace holdfast::engine
