#pragma once
// What engines leave of each service's last run in memory that the anchor shares, whatever becomes of their
// state. As lib/engine keeps it, and sharing no code with it.

#include "model/events.h"
#include "model/stack.h"

#include <cstddef>
#include <vector>

namespace holdfast::sim {

struct Row {
  RunNumber run; ///< 0: there was none
  bool in_use = false;
  int pid = 0; ///< of its main process, until an engine hears of the exit
  std::size_t rungs_done = 0;
  bool was_ready = false;
};

class Rows {
public:
  void make_room(std::size_t services) { rows_.resize(services); }
  /// Before the clone.
  void prepare(ServiceId service, RunNumber run);
  /// By the kernel itself.
  void note_birth(ServiceId service, int pid) { rows_[service.index].pid = pid; }
  /// An engine hears of it; no step has been made of that yet.
  void note_exit(ServiceId service, bool leaf_is_empty);
  void note_empty(ServiceId service);
  void clear(ServiceId service);
  /// What an engine notes when it has carried out an action, in the state that led to it.
  void note_done(const model::Stack& stack, const model::Action& action);

  /// What is noted of the run: nothing where the row is not that run's.
  [[nodiscard]] Row of(ServiceId service, RunNumber run) const;
  /// A new engine goes on with the run, and knows its main process or not (0).
  void adopt(ServiceId service, RunNumber run, int pid);
  [[nodiscard]] std::vector<RunNumber> last_runs() const;

private:
  void note_rung(const model::Stack& stack, ServiceId service, RunNumber run);

  std::vector<Row> rows_;
};

} // namespace holdfast::sim
