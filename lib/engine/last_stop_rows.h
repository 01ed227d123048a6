#pragma once

#include "base/ids.h"
#include "engine/tree.h"
#include "model/stack.h"
#include "wire/last_stop.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::engine {

/// Keeps the table up to date by which the anchor stops the stack when we are gone. A service's row is its
/// id.
class LastStopRows {
public:
  /// What is noted of a run, by the engines that it has had.
  struct OfRun {
    std::atomic<std::int32_t>* pid = nullptr; ///< where the kernel wrote it; 0: nobody, or gone
    std::size_t rungs_done = 0;               ///< so many rungs of its stop ladder did what they ask for
    bool was_ready = false;                   ///< at some time
  };

  explicit LastStopRows(wire::LastStopTable& table) : table_(table) {}

  /// The cgroup above all leaves, that of the observer, and the flag of the door.
  void set_stack(const std::string& stack, const std::string& observer, const std::string& door);
  /// What else the next engine must know of the tree.
  void set_place(const Tree::Place& place);
  /// Where the tree is, by what an earlier engine set; nothing where there was none.
  [[nodiscard]] static std::optional<Tree::Place> place_in(const wire::LastStopTable& table);
  /// Fills a row before the clone. Returns where the kernel is to write the pid.
  [[nodiscard]] std::atomic<std::int32_t>* prepare(const model::Stack& stack, ServiceId service,
                                                   const std::string& leaf);
  /// Of a run that an earlier engine prepared and that is not over; nothing where the row is not that run's.
  [[nodiscard]] std::optional<OfRun> find(ServiceId service, const std::string& leaf) const;
  /// The service's stop ladder or its place among the others may be another; a row that is not in use stays
  /// so.
  void refresh(const model::Stack& stack, ServiceId service);
  /// This rung of the present run's stop ladder has done what it asks for. An engine that dies between that
  /// and this does it twice.
  void note_rung(ServiceId service, std::size_t rung);
  /// The number of the run that the row is of, or was of last; 0: there was none.
  [[nodiscard]] RunNumber last_run(ServiceId service) const;
  /// The present run is ready.
  void note_ready(ServiceId service);
  /// The main process is gone: to be called before its exit is acknowledged. The leaf stays until clear().
  void forget_pid(ServiceId service);
  /// The run is over.
  void clear(ServiceId service);

private:
  wire::LastStopTable& table_;
};

} // namespace holdfast::engine
