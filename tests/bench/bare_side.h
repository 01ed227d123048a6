#pragma once

#include "births.h"
#include "processes.h"

namespace holdfast::bench {

/// The least that can be done: one process that waits with signalfd and waitid and clones the next child into
/// a cgroup which it made ahead. No log, no state, no decision, no privilege dropped.
class BareSide : public Side {
public:
  BareSide(const std::string& directory, unsigned count);
  [[nodiscard]] Duration restart_once() override;

private:
  void check() const;

  test::TestCgroup cgroup_;
  Births births_;
  test::Child loop_;
  int victim_;
};

} // namespace holdfast::bench
