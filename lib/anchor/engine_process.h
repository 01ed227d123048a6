#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <string>
#include <sys/types.h>
#include <vector>

namespace holdfast::anchor {

/// The engine as the anchor's child, with the socket to it.
class EngineProcess {
public:
  /// Forks and executes `path` from a descriptor, in a process group of its own, so that a Ctrl-C at the
  /// terminal reaches the anchor alone. The child finds the socket and the shared table at the numbers of
  /// wire/anchor.h, and no signal of its is blocked.
  [[nodiscard]] static Result<EngineProcess>
  start(const std::string& path, const std::vector<std::string>& arguments, int last_stop_fd);

  /// The exit code of a child that could not become the engine.
  static constexpr int not_executed = 127;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// -1 once silenced: poll(2) passes over it.
  [[nodiscard]] int socket() const { return socket_.get(); }
  /// The other end is gone: it is not heard any more.
  void silence() { socket_.reset(); }

private:
  EngineProcess(pid_t pid, Fd socket) : pid_(pid), socket_(std::move(socket)) {}
  pid_t pid_;
  Fd socket_;
};

} // namespace holdfast::anchor
