#pragma once
// The engine of a running stack, seen through the memory that it shares with its anchor (wire/last_stop.h),
// and killed. Nothing is asked of the engine itself.

#include "base/fd.h"
#include "support/deadline.h"
#include "wire/last_stop.h"

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace holdfast::test {

class EngineWatch {
public:
  /// Waits until the anchor has the memory and the first engine is adopted. `cgroup`: the stack's.
  EngineWatch(pid_t anchor, std::string cgroup);

  [[nodiscard]] pid_t anchor() const { return anchor_; }
  [[nodiscard]] const wire::EngineLife& life() const { return table_->life; }
  [[nodiscard]] std::uint32_t number() const { return life().number.load(); }

  /// Whether an engine of at least this number has its start or its adoption complete.
  [[nodiscard]] bool is_adopted(std::uint32_t number) const;
  /// The present engine's number, once it is adopted. Throws where none is in time.
  std::uint32_t wait_adopted(std::uint32_t at_least = 1, Milliseconds within = 20s) const;
  /// Until there is an engine of this number; true even where it is gone again.
  [[nodiscard]] bool wait_for(std::uint32_t number, Milliseconds within = 20s) const;

  /// 0 where there is none at the moment.
  [[nodiscard]] pid_t engine() const;
  /// A signal to the present engine, if it is still there when it arrives. False where there is none.
  bool send(int signal) const;
  /// SIGKILL to the observer, where there is one.
  bool kill_observer() const;

  /// Open descriptors of the anchor.
  [[nodiscard]] std::size_t descriptors() const;

private:
  pid_t anchor_;
  std::string cgroup_;
  wire::LastStopTable* table_ = nullptr;
};

} // namespace holdfast::test
