#pragma once
// The process that holds: parent of every process of the stack, and of the engine that decides. It is small
// so that it can be right: it parses nothing, takes no decision, allocates nothing once it runs, and links
// nothing but libc and libstdc++. REVIEW.md goes through it function by function.
//
// Exits are never lost and never credited to the wrong run: a dead child is looked at (waitid WNOWAIT), told
// to the engine, and reaped only when the engine has accounted for it. The kernel is the queue, a zombie is a
// message not yet delivered, and its pid cannot be used again meanwhile. One exit is under way at a time.
//
// It outlives its engines. One that dies, or hangs and is killed, is followed by another, which inherits what
// is held and is told again what the one before was told and had not answered.

#include "anchor/engine_life.h"
#include "anchor/engine_program.h"
#include "anchor/held.h"
#include "anchor/service_manager.h"
#include "anchor/upgrade.h"
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
  Patience patience = {};
};

class Anchor {
public:
  /// Closes all descriptors but standard input and output, becomes a child subreaper, takes the signals it
  /// answers to out of ordinary delivery, starts the engine.
  [[nodiscard]] static Result<Anchor> start(const Options& options);
  /// Goes on in place of the anchor that executed us, with what it left at its numbers.
  [[nodiscard]] static Result<Anchor> resume(const Options& options);

  /// Until an engine has finished or none is to be had. Returns the exit code of the daemon.
  [[nodiscard]] int run();

private:
  Anchor(ServiceManager manager, EngineProgram program, wire::LastStopTable& table, Upgrade upgrade,
         const Patience& patience);
  /// What start() and resume() have in common: the table is at its number.
  [[nodiscard]] static Result<Anchor> make(const Options& options);

  /// Sleeps until there is something to do.
  [[nodiscard]] bool wait();
  [[nodiscard]] int until_next(MonoTime now) const;
  void hear_signals();
  [[nodiscard]] siginfo_t find_zombie();
  void tell_signals();
  void tell_exit();
  /// Whether all was heard that is in the socket.
  bool hear_engine();
  void take(const wire::EngineRecord& record, const wire::Attached& attached);
  void reap(int pid);

  void begin_upgrade(int output);
  void look_at_upgrade(MonoTime now);
  void refuse_upgrade(int code, int status);
  void tell_refusal();
  // Of a dead engine: the other build, in place of this one. Nothing where the engine is succeeded by another
  // one of this build.
  [[nodiscard]] bool change_build(MonoTime now);

  /// 0 or errno.
  [[nodiscard]] int start_engine();
  void look_at_pulse(MonoTime now);
  void give_engine_up();
  // The exit code of the daemon, where this was the end.
  [[nodiscard]] std::optional<int> start_when_due(MonoTime now);
  [[nodiscard]] std::optional<int> start_failed(const char* why, MonoTime now);
  [[nodiscard]] std::optional<int> look_for_engines_end();
  [[nodiscard]] std::optional<int> engine_is_gone(const siginfo_t& end);
  [[nodiscard]] std::optional<int> succeed(const siginfo_t& end, MonoTime now);
  [[nodiscard]] int stop_the_stack();

  ServiceManager manager_;
  EngineProgram program_;
  wire::LastStopTable& table_;
  Patience patience_;
  Held held_;
  PassedSignals signals_;
  PulseWatch watch_;
  Upgrade upgrade_;
  EngineProcess engine_;
  MonoTime start_at_ = never;                 ///< of the next engine, where there is none
  int failed_starts_ = 0;                     ///< in a row
  int reported_ = 0;                          ///< the child whose exit the engine has not acknowledged
  int named_ = 0;                             ///< by the last SIGCHLD: to be looked at first; 0: nobody
  bool full_ = false;                         ///< something waits for room in the socket
  bool heard_ = false;                        ///< the engine said something
  std::optional<wire::AnchorRecord> refusal_; ///< of an upgrade, not told yet
  std::optional<int> finish_;
};

} // namespace holdfast::anchor
