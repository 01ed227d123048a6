#include "model/due.h"

#include <algorithm>

namespace holdfast::model {
namespace {

struct Due {
  const ServiceSpec& spec;

  /// How long a run may be slowed for want of memory before that is its end.
  [[nodiscard]] MonoTime end_of_memory(const Run& run) const {
    return run.short_since == never ? never : later(run.short_since, spec.unready_within);
  }

  MonoTime operator()(const Waiting& phase) const { return phase.look_again; }
  MonoTime operator()(const Starting& phase) const {
    const MonoTime end = phase.held ? later(phase.run.spawned, spec.progress_up_to) : phase.deadline;
    return std::min({end, phase.ready.next, phase.progress.next});
  }
  MonoTime operator()(const Ready& phase) const {
    return std::min({phase.ready.next, phase.live.next, end_of_memory(phase.run)});
  }
  MonoTime operator()(const Unready& phase) const {
    const MonoTime end = phase.paused ? phase.paused_until : phase.deadline;
    return std::min({end, phase.ready.next, phase.live.next, end_of_memory(phase.run)});
  }
  MonoTime operator()(const Stopping& phase) const { return phase.due; }
  MonoTime operator()(const Backoff& phase) const { return phase.until; }
  MonoTime operator()(const Down&) const { return never; }
  MonoTime operator()(const Failed&) const { return never; }
  MonoTime operator()(const Finished&) const { return never; }
};

} // namespace

MonoTime due_time(const ServiceSpec& spec, const Phase& phase) {
  return std::visit(Due{spec}, phase);
}

MonoTime due_time(const StackState& state) {
  return std::min({state.stop_deadline, state.end_deadline, state.bound});
}

} // namespace holdfast::model
