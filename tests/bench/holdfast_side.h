#pragma once

#include "births.h"
#include "processes.h"

namespace holdfast::bench {

/// The same children as services of `holdfast run`.
class HoldfastSide : public Side {
public:
  HoldfastSide(std::string program, std::string directory, unsigned count);
  /// An orderly stop.
  ~HoldfastSide() override;
  [[nodiscard]] Duration restart_once() override;

private:
  [[nodiscard]] int start(unsigned count);
  void check() const;

  std::string program_;
  std::string directory_;
  test::TestCgroup cgroup_;
  Births births_;
  test::Child daemon_;
  int victim_;
};

} // namespace holdfast::bench
