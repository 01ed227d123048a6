#pragma once

#include "base/result.h"
#include "linux/cgroup.h"
#include "linux/controllers.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::engine {

/// The daemon's cgroups: BASE/supervisor with anchor and engine, BASE/look/N for our own programs that look
/// at volumes, BASE/observer/N for what asks network peers, BASE/stack/SERVICE/RUN with one leaf a run, and
/// BASE/stack/SERVICE/probe/N for probes and hooks. Paths are absolute. Controllers are passed on from BASE
/// to each SERVICE, and that of memory to its leaves, so that what was killed is counted run by run.
class Tree {
public:
  struct Options {
    /// Empty: the cgroup we are in where systemd delegated it (the unit's own), else holdfast-NAME below it.
    std::string base;
    std::string stack;
    std::vector<std::string> services;
    std::vector<int> supervisors; ///< pids that move into supervisor/
  };

  /// Makes the tree. What an earlier daemon left in it is killed first and told in `found`. Refused, with
  /// nothing changed: a base that is not below the hierarchy's mount, one whose supervisors live (another
  /// daemon has it), and a kernel without leaves or cgroup.kill.
  [[nodiscard]] static Result<Tree> make(const Options& options, std::vector<std::string>& found);

  [[nodiscard]] const std::string& base() const { return base_; }
  [[nodiscard]] std::string stack() const { return base_ + "/stack"; }
  [[nodiscard]] std::string look() const { return base_ + "/look"; }
  [[nodiscard]] std::string observer() const { return base_ + "/observer"; }
  [[nodiscard]] std::string service(const std::string& name) const { return stack() + "/" + name; }

  /// Those that stack and services have.
  [[nodiscard]] const linux_os::Controllers& controllers() const { return controllers_; }
  /// Why they do not have this one, in words.
  [[nodiscard]] std::string why_missing(linux_os::Controller controller) const;

  /// Whether the cgroup `path`, as /proc names it (below the mount), is `leaf`, an absolute path, or below
  /// it.
  [[nodiscard]] bool is_in(std::string_view path, std::string_view leaf) const;

  /// The cgroups of one more service; those that are there already stay as they are.
  [[nodiscard]] Status add(const std::string& name) const;

  /// Everything below stack/ is over: kills what is there all the same, removes what is ours and moves the
  /// supervisors back to where they came from.
  [[nodiscard]] Status remove() const;

private:
  [[nodiscard]] Status build(const Options& options, std::vector<std::string>& found);
  void pass_on_from_base();
  [[nodiscard]] Status move_home() const;

  std::string mount_;
  std::string base_;
  std::string home_; ///< the cgroup that the supervisors came from
  std::vector<int> supervisors_;
  bool is_base_ours_ = false; ///< to be removed with the rest
  linux_os::Controllers controllers_;
  std::map<linux_os::Controller, std::string> refused_; ///< by the kernel, though the base has them: why
};

/// Removes those of `leaves` that hold no process any more, with what their processes made below them.
void remove_empty(std::vector<linux_os::Leaf>& leaves);

} // namespace holdfast::engine
