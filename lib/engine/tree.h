#pragma once

#include "base/result.h"
#include "linux/cgroup.h"

#include <string>
#include <vector>

namespace holdfast::engine {

/// The daemon's cgroups: BASE/supervisor with anchor and engine, BASE/stack/SERVICE/RUN with one leaf a run,
/// and BASE/stack/SERVICE/probe/N for probes and hooks. Paths are absolute.
class Tree {
public:
  struct Options {
    std::string base; ///< empty: holdfast-NAME below the cgroup we are in
    std::string stack;
    std::vector<std::string> services;
    std::vector<int> supervisors; ///< pids that move into supervisor/
  };

  /// Makes the tree. What an earlier daemon left in it is killed first (the caller holds the stack's lock, so
  /// nobody owns it) and told in `found`. Refuses where leaves or cgroup.kill are not to be had.
  [[nodiscard]] static Result<Tree> make(const Options& options, std::vector<std::string>& found);

  [[nodiscard]] const std::string& base() const { return base_; }
  [[nodiscard]] std::string stack() const { return base_ + "/stack"; }
  [[nodiscard]] std::string service(const std::string& name) const { return stack() + "/" + name; }

  /// Everything below stack/ is over: removes what is ours and moves the supervisors back to where they came
  /// from.
  [[nodiscard]] Status remove() const;

private:
  std::string base_;
  std::string home_; ///< the cgroup that the supervisors came from
  std::vector<int> supervisors_;
  bool made_base_ = false;
};

} // namespace holdfast::engine
