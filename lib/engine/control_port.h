#pragma once
// What the control socket may see of the engine and ask of it: a closed set. Everything is called in the
// loop's thread.

#include "base/ids.h"
#include "base/time.h"
#include "model/events.h"
#include "model/stack.h"
#include "wire/audit.h"
#include "wire/plan_view.h"
#include "wire/status_view.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::engine {

/// One line of `events`. `sequence` counts from 1 and has no gaps.
struct EventRecord {
  std::uint64_t sequence = 0;
  WallTime time{};
  std::string service; ///< empty: the stack's verdict
  std::uint64_t run = 0;
  std::string from;
  std::string to;
  std::string why;
  Duration took{};
};

/// How far events are written to their file: the last of them, and what the file was like behind it.
struct FiledEvents {
  std::uint64_t sequence = 0; ///< 0: none
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0; ///< of the file, bytes
  bool operator==(const FiledEvents&) const = default;
};

/// What the kernel says of a service's cgroup, its present run and what stands beside it; nothing where
/// nobody can tell. To look takes several files a service: only for whoever asks.
struct ServiceFacts {
  std::optional<std::uint64_t> memory_bytes{};
  std::optional<std::uint64_t> memory_max_bytes{};
  std::optional<std::uint64_t> cpu_usec{};
  std::optional<std::uint64_t> tasks{};
  /// Which share of the last ten seconds one of its tasks at least waited for it, in percent.
  std::optional<double> memory_pressure{};
  std::optional<double> cpu_pressure{};
  std::optional<double> io_pressure{};
  std::vector<wire::SocketStatus> sockets{};
};

/// By which a command is known when it is asked again.
struct CommandTicket {
  CommandId id;      ///< 0: it never is
  std::string asked; ///< who asked for what: the same id with another text is a mistake
  bool operator==(const CommandTicket&) const = default;
};

/// A command that was carried out, and all that is needed to say what came of it: the rest is the stack's
/// state (model::outcome_of).
struct AcceptedCommand {
  CommandTicket ticket;
  std::vector<model::CommandAsked> awaited; ///< whose outcomes are the command's; none: it is done
};

/// What came of a reload.
struct Reloaded {
  wire::PlanView plan;
  std::string refused;                      ///< why nothing was changed; empty: it was applied
  std::vector<model::CommandAsked> awaited; ///< whose outcomes are the reload's
};

/// What came of the adoption of a volume.
struct Adopted {
  std::string refused; ///< why not; empty: it is adopted
  std::string marker;  ///< its id
};

/// What came of an upgrade that was asked for.
enum class Upgraded {
  none,      ///< nothing was changed
  under_way, ///< the next build is tried
  done,      ///< this is the next build
  gone_back, ///< the next build did not take over: this is the former one
};

class ControlPort {
public:
  virtual ~ControlPort() = default;

  [[nodiscard]] virtual const model::Stack& stack() const = 0;
  /// All services in the order of the configuration; behind them those that it left out and that still run.
  [[nodiscard]] virtual std::vector<ServiceId> listed() const = 0;
  [[nodiscard]] virtual ServiceFacts facts(ServiceId service) const = 0;
  [[nodiscard]] virtual std::uint64_t log_lines_dropped(ServiceId service) const = 0;
  /// The last lines of a service's log, oldest first, at most `most` and 8 KiB in all.
  [[nodiscard]] virtual std::vector<std::string> last_lines(ServiceId service, std::size_t most) const = 0;
  /// In the order of the configuration.
  [[nodiscard]] virtual std::vector<wire::VolumeStatus> volumes() const = 0;
  /// Takes a command. Its outcome is model::outcome_of(stack(), command), from now on and after each change.
  /// From then on accepted() knows the ticket's id, and an engine that returns knows it exactly when the
  /// command is part of its state.
  virtual void ask(const model::CommandAsked& command, const CommandTicket& ticket) = 0;

  /// Keeps the door closed, or no longer.
  virtual void ask(const model::DoorAsked& asked, const CommandTicket& ticket) = 0;
  /// The command of this id, where it is one of the last that this engine or an earlier one carried out.
  [[nodiscard]] virtual std::optional<AcceptedCommand> accepted(CommandId id) const = 0;
  /// Reads the configuration, then says what a reload would do. `told` is called from the loop, later.
  virtual void plan(std::function<void(wire::PlanView)> told) = 0;
  /// Reads the configuration and applies it, all of it or nothing. `told` is called from the loop, later.
  /// accepted() knows the ticket's id from the moment in which it is applied.
  virtual void reload(const std::string& by, const CommandTicket& ticket,
                      std::function<void(const Reloaded&)> told) = 0;
  /// Takes what is there for the volume that is meant. `told` is called from the loop, later, or at once
  /// where there is no such volume. A marker that is made begins with `id`: by that an adoption which is
  /// asked for again knows what it made itself.
  virtual void adopt(const std::string& volume, const std::string& by, CommandId id,
                     std::function<void(const Adopted&)> told) = 0;
  /// Hands the stack over to the build that is installed. Where that is refused, or does not pass its trial,
  /// `told` says why, from the loop, and nothing was changed. Where it passes, this engine is killed;
  /// accepted() knows the ticket's id from now on, and upgraded() of the next engine says what came of it.
  virtual void upgrade(const std::string& by, const CommandTicket& ticket,
                       std::function<void(std::string refused)> told) = 0;
  [[nodiscard]] virtual Upgraded upgraded() const = 0;
  /// Into the log of commands.
  virtual void audit(const wire::AuditLine& line) = 0;
  /// Since when the configuration on the disk is not the one in force.
  [[nodiscard]] virtual std::optional<WallTime> changed_on_disk() const = 0;

  /// The last events, oldest first; bounded.
  [[nodiscard]] virtual const std::deque<EventRecord>& events() const = 0;
  /// How far they are written to their file, by this engine or the one before it.
  [[nodiscard]] virtual FiledEvents filed() const = 0;
  virtual void set_filed(const FiledEvents& filed) = 0;
  /// `changed` is called after each turn in which something changed, when all of that turn's events are in
  /// events(). One listener; it must not call back into ask().
  virtual void on_change(std::function<void()> changed) = 0;
};

} // namespace holdfast::engine
