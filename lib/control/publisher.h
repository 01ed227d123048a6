#pragma once

#include "control/event_file.h"
#include "control/server.h"
#include "control/status_file.h"
#include "engine/control_port.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

namespace holdfast::control {

/// What the daemon tells of itself beside its own log: the control socket, and files for when nobody answers
/// there. The one listener of the port's changes.
class Publisher {
public:
  struct Options {
    std::string runtime; ///< directory of the socket
    std::string state;   ///< directory of the files
    std::string version;
  };

  /// `loop` and `port` are borrowed and must outlive this. `trouble` gets one line when a file cannot be
  /// written any more. `held`: what an engine before this one listened on, where there was one.
  [[nodiscard]] static Result<std::unique_ptr<Publisher>>
  open(boost::asio::io_context& loop, const Options& options, engine::ControlPort& port,
       std::function<void(std::string)> trouble, Fd held = {});

  /// See ControlServer. Not after close().
  [[nodiscard]] int listener() { return server_->listener(); }
  /// Closes the socket and writes the last status, so that it has reached the disk.
  void close();

private:
  Publisher(boost::asio::io_context& loop, const Options& options, engine::ControlPort& port,
            std::function<void(std::string)> trouble);
  void changed();
  void tell(const Status& written);

  engine::ControlPort& port_;
  std::function<void(std::string)> trouble_;
  StatusFile status_;
  EventFile events_;
  std::unique_ptr<ControlServer> server_;
  boost::asio::steady_timer pause_;
  bool status_is_due_ = false;
  std::string told_;
};

} // namespace holdfast::control
