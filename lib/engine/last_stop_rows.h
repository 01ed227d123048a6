#pragma once

#include "base/ids.h"
#include "model/stack.h"
#include "wire/last_stop.h"

#include <atomic>
#include <cstdint>
#include <string>

namespace holdfast::engine {

/// Keeps the table up to date by which the anchor stops the stack when we are gone. A service's row is its
/// id.
class LastStopRows {
public:
  explicit LastStopRows(wire::LastStopTable& table) : table_(table) {}

  /// The cgroup above all leaves, that of the observer, and the flag of the door.
  void set_stack(const std::string& stack, const std::string& observer, const std::string& door);
  /// Fills a row before the clone. Returns where the kernel is to write the pid.
  [[nodiscard]] std::atomic<std::int32_t>* prepare(const model::Stack& stack, ServiceId service,
                                                   const std::string& leaf);
  /// The service's stop ladder or its place among the others may be another; a row that is not in use stays
  /// so.
  void refresh(const model::Stack& stack, ServiceId service);
  /// The main process is gone: to be called before its exit is acknowledged. The leaf stays until clear().
  void forget_pid(ServiceId service);
  /// The run is over.
  void clear(ServiceId service);

private:
  wire::LastStopTable& table_;
};

} // namespace holdfast::engine
