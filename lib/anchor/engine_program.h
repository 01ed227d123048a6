#pragma once

#include "anchor/held.h"
#include "base/fd.h"
#include "base/result.h"

#include <string>
#include <sys/resource.h>
#include <sys/types.h>
#include <vector>

namespace holdfast::anchor {

/// The engine as the anchor's child, with the socket to it.
struct EngineProcess {
  pid_t pid = 0; ///< 0: there is none
  Fd socket;     ///< none: it is not heard, and poll(2) passes over it
};

/// What each engine is started from. It is opened once and executed by its descriptor: a file that is
/// replaced on the disk meanwhile changes nothing.
class EngineProgram {
public:
  /// Opens it as engine_program_fd, where that is not open yet.
  [[nodiscard]] static Result<EngineProgram> open(const std::string& path,
                                                  const std::vector<std::string>& arguments);
  EngineProgram(EngineProgram&&) = default;

  /// The exit code of a child that could not become the engine.
  static constexpr int not_executed = 127;

  /// Forks and executes it, in a process group of its own, so that a Ctrl-C at the terminal reaches the
  /// anchor alone. The child finds the socket, the table and what is held at the numbers of wire/anchor.h and
  /// wire/held.h, no signal of its is blocked, and `limit` is its RLIMIT_NOFILE. Returns 0 or errno;
  /// allocates nothing.
  [[nodiscard]] int start(const Held& held, const rlimit& limit, EngineProcess& started) const;

private:
  explicit EngineProgram(std::vector<std::string> words);
  std::vector<std::string> words_; ///< what argv_ points into; never changed
  std::vector<char*> argv_;
};

} // namespace holdfast::anchor
