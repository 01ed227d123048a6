#pragma once

#include "engine/anchor_link.h"
#include "engine/children.h"
#include "engine/found_leaves.h"
#include "engine/held.h"
#include "engine/held_sockets.h"
#include "engine/last_stop_rows.h"
#include "engine/leaf_watch.h"
#include "engine/notify_hub.h"
#include "engine/tree.h"
#include "linux/cgroup.h"
#include "linux/log_capture.h"
#include "model/events.h"
#include "model/stack.h"

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast::engine {

using Happened = std::function<void(model::Event)>;

/// The runs of the services: each a main process born in a leaf of its own, with a pipe for what it writes.
///
/// What the next run of a service needs is made ahead (tidy()), so that a restart waits for nothing but the
/// clone.
class Runs {
public:
  struct Parts {
    boost::asio::io_context& loop;
    AnchorLink& anchor;
    Children& children;
    const Tree& tree;
    linux_os::LogCapture& logs;
    NotifyHub& notify;
    LastStopRows& rows;
    const HeldSockets& sockets;
    std::function<void(std::string)> trouble; ///< a line for the operator
    /// Asks for a spawn again that could not be made when it was asked for.
    std::function<void(ServiceId, RunNumber)> spawn_again;
  };

  Runs(Parts parts, const model::Stack& stack, Happened happened);

  /// To be called once, before anything is spawned: makes what the first runs need.
  void begin() { tidy(); }
  /// The same for an engine that comes back: takes over what is there. Returns what is to be told to the
  /// model of it. `held`: the log pipes are taken from it.
  [[nodiscard]] std::vector<model::FoundRun> come_back(std::vector<FoundLeaf> leaves, Held& held);

  /// It may be a while until it is made and answered: what three runs before this one wrote comes first.
  void spawn(ServiceId service, RunNumber run);
  /// Answers a spawn that is not to be: nothing of the run is left.
  void refuse(ServiceId service, RunNumber run, std::string why);
  void signal(ServiceId service, RunNumber run, int signal, bool to_all);
  /// What the present rung of the run's stop ladder asks for was done.
  void rung_done(ServiceId service, RunNumber run);
  void kill(ServiceId service, RunNumber run);

  /// Whether a process belongs to the service's present run: it is in the run's leaf or, gone already, was
  /// its main process whose exit is not accounted for.
  [[nodiscard]] bool is_member(ServiceId service, int pid, std::string_view cgroup) const;
  /// The run that exists in the kernel now.
  [[nodiscard]] std::optional<RunNumber> present(ServiceId service) const;
  /// 0 where no process runs.
  [[nodiscard]] int main_pid(ServiceId service) const;

  /// How many processes of the present run the kernel has killed for want of memory since this was last
  /// asked.
  [[nodiscard]] unsigned killed_for_memory(ServiceId service);

  /// So many services the stack will have: before it has them.
  void make_room(std::size_t services);
  /// The stack has another spec: what was made ahead may not be what the next runs need.
  void respecified();

  /// What came through the pipe that the anchor holds in this slot is in its file, all of it.
  void pipe_closed(std::int32_t slot);

  /// Off the hot path: removes the leaves of runs that are over, makes what the next runs need.
  void tidy();

private:
  struct Material {
    RunNumber run;
    linux_os::Leaf leaf;
    Fd log_end; ///< the write end of a pipe that the capture reads already
    linux_os::LogCapture::PipeNumber log = 0;
    bool timestamps = true; ///< of the lines in its log
  };
  struct Live {
    Material made;
    Ticket ticket = 0;
    std::atomic<std::int32_t>* pid = nullptr;
    std::unique_ptr<LeafWatch> watch;
    std::uint64_t killed = 0; ///< for want of memory, as far as it was asked
  };
  struct Postponed {
    ServiceId service;
    RunNumber run;
  };
  struct Slot {
    std::optional<Material> ahead;
    std::optional<Live> live;
  };

  [[nodiscard]] bool is_live(const FoundLeaf& found) const;
  [[nodiscard]] int pid_of(const FoundLeaf& found) const;
  [[nodiscard]] bool is_rung_done(const FoundLeaf& found) const;
  void go_on_with(FoundLeaf found);
  void take_pipes_over(ServiceId service, Held& held);
  [[nodiscard]] Result<linux_os::LogCapture::PipeNumber> read_pipe(ServiceId service, std::int32_t slot,
                                                                   Fd pipe);
  [[nodiscard]] Result<Material> make(ServiceId service, RunNumber run);
  [[nodiscard]] bool is_made_ahead(ServiceId service, RunNumber run) const;
  [[nodiscard]] bool is_log_taken(ServiceId service, RunNumber run) const;
  void postpone(ServiceId service, RunNumber run);
  void spawn_postponed();
  [[nodiscard]] Result<Material> take(ServiceId service, RunNumber run);
  [[nodiscard]] linux_os::LaunchOrder order_of(ServiceId service, const Live& live) const;
  [[nodiscard]] ChildHandlers handlers_of(ServiceId service, RunNumber run);
  [[nodiscard]] Live* live(ServiceId service, RunNumber run);
  [[nodiscard]] bool may_run(ServiceId service) const;
  void exited(ServiceId service, RunNumber run, model::ExitStatus status);
  void emptied(ServiceId service, RunNumber run);
  void bury(ServiceId service);

  Parts parts_;
  const model::Stack& stack_;
  Happened happened_;
  std::vector<Slot> slots_;
  std::vector<Material> buried_;     ///< of runs that are over, until tidy()
  std::vector<linux_os::Leaf> over_; ///< to be removed
  std::vector<ServiceId> without_ahead_;
  std::vector<Postponed> postponed_;
  std::map<std::int32_t, unsigned> pipes_; ///< that are being read, by the slot in which they are held
};

} // namespace holdfast::engine
