#pragma once
// The process that holds: parent of every process of the stack, and of the engine that decides. It is small
// so that it can be right: it parses nothing, takes no decision, and links nothing but libc and libstdc++.
//
// Exits are never lost and never credited to the wrong run: a dead child is looked at (waitid WNOWAIT), told
// to the engine, and reaped only when the engine has accounted for it. The kernel is the queue, a zombie is a
// message not yet delivered, and its pid cannot be used again meanwhile. One exit is under way at a time.

#include "anchor/engine_process.h"
#include "base/fd.h"
#include "base/result.h"
#include "wire/anchor.h"
#include "wire/last_stop.h"

#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::anchor {

struct Options {
  std::string engine; ///< path of the engine's executable
  std::vector<std::string> engine_arguments;
};

class Anchor {
public:
  /// Becomes a child subreaper, takes the signals it answers to out of ordinary delivery, starts the engine.
  [[nodiscard]] static Result<Anchor> start(const Options& options);

  /// Until the engine has finished or is lost. Returns the exit code of the daemon.
  [[nodiscard]] int run();

private:
  Anchor(Fd signals, EngineProcess engine, wire::LastStopTable* table);

  void pass_signals();
  [[nodiscard]] siginfo_t find_zombie();
  void look_for_exits();
  void hear_engine();
  void give_engine_up();
  void take(const wire::EngineRecord& record, Fd descriptor);
  void hold(std::int32_t slot, Fd descriptor);
  [[nodiscard]] bool engine_exited();
  [[nodiscard]] int engine_is_gone();

  Fd signals_;
  EngineProcess engine_;
  wire::LastStopTable* table_;
  std::vector<Fd> held_; ///< by slot; they live as long as we do
  int reported_ = 0;     ///< the child whose exit the engine has not acknowledged
  int named_ = 0;        ///< by the last SIGCHLD: to be looked at first; 0: nobody
  bool unsent_ = false;  ///< an exit waits for room in the socket
  bool heard_ = false;   ///< the engine said something
  std::optional<int> finish_;
};

} // namespace holdfast::anchor
