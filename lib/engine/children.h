#pragma once

#include "base/fd.h"
#include "linux/launcher.h"
#include "model/why.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace holdfast::engine {

using Ticket = std::uint64_t;

/// What becomes of one order to the launcher. Exactly one of `started`, `failed` and `refused` is called, and
/// after `started` in the end `exited`, never before it. `failed` comes only when no process of the attempt
/// is left.
struct ChildHandlers {
  std::function<void(pid_t pid)> started;
  std::function<void(model::ExitStatus)> exited;
  std::function<void(const Error&)> failed;
  std::function<void(const Error&)> refused;
};

/// All processes that the anchor is the parent of on our behalf, from the order to the acknowledged exit. Two
/// messages tell of each, the launcher's outcome and the anchor's report of the exit, and they may come in
/// either order: a program can end before its launch is known. Here they are put into the one order that the
/// rest of the engine relies on.
class Children {
public:
  /// `reap`: the exit of this pid is accounted for.
  Children(boost::asio::io_context& loop, std::function<void(pid_t)> reap);

  /// The order's ticket and pid_at_birth (where null) are filled in.
  Ticket start(linux_os::LaunchOrder order, ChildHandlers handlers);
  /// A process that an earlier engine started and that is not reaped yet: `exited` alone is to come.
  Ticket adopt(pid_t pid, ChildHandlers handlers);
  /// What a look has found: what is missing of what the program requires, empty if nothing is; and the
  /// sockets that it opened.
  using Seen = std::function<void(std::string missing, std::vector<linux_os::OpenedSocket> opened)>;
  /// Looks at what the program requires, in the launcher's thread. `sockets`: those of its own that are open
  /// (LaunchOrder::sockets).
  void look(const model::Program& program, std::vector<std::shared_ptr<const Fd>> sockets, Seen seen);

  /// The anchor reports an exit. Whoever it belongs to is told; a process of nobody (an orphan that became
  /// the anchor's) is passed over. That of one whose launch is not answered is accounted for with the answer.
  void exited(pid_t pid, model::ExitStatus status);

  /// Whether an order to start something is not answered yet.
  [[nodiscard]] bool launching() const { return !launching_.empty(); }

  /// Off the hot path: lets go of what belonged to those that are over.
  void tidy() { over_.clear(); }

  /// ESRCH is success; so is a ticket that is over.
  [[nodiscard]] Status signal(Ticket ticket, int signal) const;

private:
  struct Child {
    ChildHandlers handlers;
    std::atomic<std::int32_t> own_slot{0}; ///< where the order brought no pid_at_birth
    std::atomic<std::int32_t>* pid_at_birth = nullptr;
    bool launched = false;      ///< the outcome came, and a process was there
    std::optional<Error> error; ///< the outcome was a failure; its child is still to be reaped
    pid_t pid = 0;
    Fd pidfd;
    std::optional<model::ExitStatus> exit; ///< came before the outcome
  };

  void wait();
  void take(linux_os::LaunchOutcome outcome);
  void launched(Ticket ticket, linux_os::LaunchOutcome outcome);
  void failed(Ticket ticket, linux_os::LaunchOutcome outcome);
  [[nodiscard]] Child* child_of(pid_t pid, Ticket& ticket);
  void end(Ticket ticket);

  std::function<void(pid_t)> reap_;
  boost::asio::posix::stream_descriptor wake_;
  std::map<Ticket, std::unique_ptr<Child>>
      children_; ///< address of a child is stable: the kernel writes into it
  std::map<Ticket, Seen> looks_;
  std::vector<std::unique_ptr<Child>> over_; ///< until tidy(): closing a pidfd holds a restart up
  std::unordered_map<pid_t, Ticket> by_pid_;
  std::map<Ticket, Child*> launching_;
  Ticket last_ = 0;
  linux_os::Launcher launcher_; ///< last: its thread ends before what it wakes
};

} // namespace holdfast::engine
