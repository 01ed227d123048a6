#pragma once

#include "base/fd.h"
#include "base/time.h"
#include "birth.h"

#include <functional>
#include <string>

namespace holdfast::bench {

/// Where the children of one side report. Throws where nothing is reported in time: then there is nothing to
/// measure.
class Births {
public:
  explicit Births(std::string path);

  [[nodiscard]] const std::string& path() const { return path_; }

  /// The next report. While it waits, `check` is called now and then; it throws when waiting makes no sense
  /// any more.
  [[nodiscard]] Birth next(const std::function<void()>& check);

  /// Waits until each of `count` children has reported. Returns the pid of the one with index 0.
  [[nodiscard]] int wait_for_all(unsigned count, const std::function<void()>& check);

private:
  std::string path_;
  Fd fd_;
};

/// One side of the comparison: something that keeps `count` children running, of which one is killed again
/// and again.
class Side {
public:
  Side() = default;
  virtual ~Side() = default;
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  /// Kills the child with index 0 and waits for its successor: the time from the kill to the first
  /// instruction.
  [[nodiscard]] virtual Duration restart_once() = 0;
};

} // namespace holdfast::bench
