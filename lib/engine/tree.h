#pragma once

#include "base/result.h"
#include "linux/cgroup.h"
#include "linux/controllers.h"

#include <cstdint>
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
    std::uint32_t engine = 1;     ///< which one of the daemon's this is
  };
  /// What an engine that comes back must know of a tree that is there.
  struct Place {
    std::string base;
    std::string home; ///< the cgroup that the supervisors came from
    bool is_base_ours = false;
  };

  /// Makes the tree. What an earlier daemon left in it is killed first and told in `found`. Refused, with
  /// nothing changed: a base that is not below the hierarchy's mount, one whose supervisors live (another
  /// daemon has it), and a kernel without leaves or cgroup.kill.
  [[nodiscard]] static Result<Tree> make(const Options& options, std::vector<std::string>& found);

  /// The tree that an earlier engine of this daemon made, of which `options` names the services and the
  /// supervisors. The services are not touched. Our own programs beside them are killed: whoever asked for
  /// them is gone. Controllers are passed on again, as if they had not lasted.
  [[nodiscard]] static Result<Tree> come_back(const Options& options, Place place);

  [[nodiscard]] const std::string& base() const { return place_.base; }
  [[nodiscard]] const Place& place() const { return place_; }
  /// Leaves of programs of ours are numbered from here on: no engine uses a number of another's.
  [[nodiscard]] std::uint64_t first_number() const { return first_number_; }
  [[nodiscard]] std::string stack() const { return place_.base + "/stack"; }
  [[nodiscard]] std::string look() const { return place_.base + "/look"; }
  [[nodiscard]] std::string observer() const { return place_.base + "/observer"; }
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
  Tree(std::string mount, Place place, const Options& options);
  [[nodiscard]] Status build(const Options& options, std::vector<std::string>& found);
  [[nodiscard]] Status furnish(const std::vector<std::string>& services);
  void pass_on_from_base();
  [[nodiscard]] Status move_home() const;

  std::string mount_;
  Place place_;
  std::vector<int> supervisors_;
  std::uint64_t first_number_ = 0;
  linux_os::Controllers controllers_;
  std::map<linux_os::Controller, std::string> refused_; ///< by the kernel, though the base has them: why
};

/// Removes those of `leaves` that hold no process any more, with what their processes made below them.
void remove_empty(std::vector<linux_os::Leaf>& leaves);

} // namespace holdfast::engine
