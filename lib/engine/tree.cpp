#include "engine/tree.h"

#include "base/clock.h"
#include "wire/last_stop.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <poll.h>
#include <unistd.h>

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

Status make_if_missing(const std::string& path) {
  auto made = linux_os::make_cgroup(path);
  if (!made && made.error().code != EEXIST) return made;
  return Done{};
}

/// rmdir until the dead are gone: a killed process leaves its cgroup a moment after the kill.
Status remove_when_empty(const std::string& path, Duration within = 10s) {
  const MonoTime deadline = later(read_mono(), within);
  for (;;) {
    auto removed = linux_os::remove_cgroups(path);
    if (removed || removed.error().code != EBUSY || read_mono() >= deadline) return removed;
    ::poll(nullptr, 0, 10);
  }
}

Status clear_leftovers(const std::string& stack, std::vector<std::string>& found) {
  if (!exists(stack)) return Done{};
  const auto pids = linux_os::pids_below(stack);
  if (!pids.empty()) {
    found.push_back("killed " + std::to_string(pids.size()) + " processes that an earlier daemon left in " +
                    stack);
    if (auto killed = linux_os::kill_cgroup(stack); !killed) return killed;
  }
  return remove_when_empty(stack);
}

/// Our own programs beside the stack. What looks at a volume may hang on a dead disk, out of reach of
/// SIGKILL: it is waited for a moment only.
Status clear_programs(const std::string& place) {
  if (!exists(place)) return Done{};
  if (auto killed = linux_os::kill_cgroup(place); !killed) return killed;
  return remove_when_empty(place, 1s);
}

/// Whether a program of ours has, or had, a place there.
bool has_leaves(const std::string& place) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(place, error), end; !error && at != end; at.increment(error))
    if (at->is_directory(error)) return true;
  return false;
}

/// The anchor is told of leaves in fields of a fixed size.
Status fits(const Tree& tree, const std::vector<std::string>& services) {
  constexpr std::size_t run_number = 21;
  for (const std::string& service : services)
    if (tree.service(service).size() + run_number >= wire::last_stop_path)
      return Error{tree.service(service) + ": too long for a cgroup of ours", ENAMETOOLONG};
  return Done{};
}

/// A clone compares the kill count of the cgroup it is made from with that of the leaf it is made into: from
/// one that was ever killed, as an operator ends what a dead daemon left, whatever we start would be killed
/// at its birth.
Status make_anew(const std::string& path) {
  const auto pids = linux_os::pids_in(path);
  if (pids && pids.value().empty())
    if (auto removed = remove_when_empty(path); !removed) return removed;
  return make_if_missing(path);
}

/// As it is compared with what /proc says: absolute, below the mount, without a slash at its end or two in a
/// row.
Result<std::string> normal_base(std::string path, const std::string& mount) {
  while (path.size() > 1 && path.back() == '/')
    path.pop_back();
  const bool odd = path.find("//") != std::string::npos || path.find("/.") != std::string::npos;
  if (path.starts_with(mount + "/") && !odd) return path;
  return Error{"cgroup " + path + ": not a path below " + mount, EINVAL};
}

std::string default_base(const std::string& home, const std::string& stack) {
  return linux_os::is_delegated(home) ? home : home + "/holdfast-" + stack;
}

/// Another daemon of the same name, with a lock of its own in another runtime directory.
Status refuse_if_owned(const std::string& supervisor, const std::vector<int>& ours) {
  const auto pids = linux_os::pids_in(supervisor);
  if (!pids) return Done{};
  for (const int pid : pids.value())
    if (std::find(ours.begin(), ours.end(), pid) == ours.end())
      return Error{supervisor + " belongs to a daemon that runs, process " + std::to_string(pid) +
                       "; stop that one first, or give this stack another name",
                   EBUSY};
  return Done{};
}

} // namespace

Tree::Tree(std::string mount, Place place, const Options& options)
    : mount_(std::move(mount)), place_(std::move(place)), supervisors_(options.supervisors),
      first_number_(std::uint64_t{options.engine - 1} << 32U) {}

Result<Tree> Tree::make(const Options& options, std::vector<std::string>& found) {
  auto mount = linux_os::cgroup_mount();
  if (!mount) return mount.error();
  auto own = linux_os::cgroup_of(::getpid());
  if (!own) return own.error();
  Place place;
  place.home = own.value() == "/" ? mount.value() : mount.value() + own.value();
  auto base = normal_base(options.base.empty() ? default_base(place.home, options.stack) : options.base,
                          mount.value());
  if (!base) return base.error();
  place.base = std::move(base).value();
  // One of our own naming may be there still from a daemon that was killed.
  place.is_base_ours = (options.base.empty() && place.base != place.home) || !exists(place.base);
  Tree tree(std::move(mount).value(), std::move(place), options);
  if (auto fit = fits(tree, options.services); !fit) return fit.error();
  if (auto free = refuse_if_owned(tree.base() + "/supervisor", options.supervisors); !free)
    return free.error();
  auto built = tree.build(options, found);
  if (built) return tree;
  // Whatever of it was made goes again; what cannot is in the way of nobody.
  static_cast<void>(tree.remove());
  return built.error();
}

Status Tree::build(const Options& options, std::vector<std::string>& found) {
  if (auto made = make_if_missing(base()); !made) return made;
  if (auto can = linux_os::check_cgroup_support(base()); !can) return can;
  if (auto cleared = clear_leftovers(stack(), found); !cleared) return cleared;
  if (auto made = make_anew(base() + "/supervisor"); !made) return made;
  return furnish(options.services);
}

/// All that stands below a base with its supervisor/.
Status Tree::furnish(const std::vector<std::string>& services) {
  for (const int pid : supervisors_)
    if (auto moved = linux_os::move_into(base() + "/supervisor", pid); !moved) return moved;
  // Only now: no process may live in a cgroup that passes them on.
  pass_on_from_base();
  // Leaves of looks that hang still stay where they are: new ones are made beside them.
  for (const std::string& place : {look(), observer()}) {
    static_cast<void>(clear_programs(place));
    if (auto made = make_if_missing(place); !made) return made;
  }
  if (auto made = make_if_missing(stack()); !made) return made;
  if (auto passed = linux_os::pass_on(stack(), controllers_); !passed) return passed;
  for (const std::string& name : services)
    if (auto made = add(name); !made) return made;
  return Done{};
}

Result<Tree> Tree::come_back(const Options& options, Place place) {
  auto mount = linux_os::cgroup_mount();
  if (!mount) return mount.error();
  Tree tree(std::move(mount).value(), std::move(place), options);
  for (const std::string& name : options.services)
    if (const std::string probe = tree.service(name) + "/probe"; has_leaves(probe))
      static_cast<void>(clear_programs(probe));
  if (auto furnished = tree.furnish(options.services); !furnished) return furnished.error();
  return tree;
}

Status Tree::add(const std::string& name) const {
  if (auto fit = fits(*this, {name}); !fit) return fit;
  if (auto made = make_if_missing(service(name)); !made) return made;
  if (controllers_.contains(linux_os::Controller::memory))
    if (auto passed = linux_os::pass_on(service(name), {linux_os::Controller::memory}); !passed)
      return passed;
  return make_if_missing(service(name) + "/probe");
}

/// One by one: that one of them cannot be had, as cpu beside real-time processes, says nothing of the others.
void Tree::pass_on_from_base() {
  const auto has = linux_os::controllers_of(place_.base);
  if (!has) return;
  for (const linux_os::Controller controller : has.value()) {
    const auto passed = linux_os::pass_on(place_.base, {controller});
    if (passed)
      controllers_.insert(controller);
    else
      refused_[controller] = passed.error().what;
  }
}

std::string Tree::why_missing(linux_os::Controller controller) const {
  const auto refused = refused_.find(controller);
  return refused != refused_.end() ? refused->second : linux_os::why_missing(controller, mount_, place_.base);
}

bool Tree::is_in(std::string_view path, std::string_view leaf) const {
  if (!leaf.starts_with(mount_)) return false;
  leaf.remove_prefix(mount_.size());
  return path.starts_with(leaf) && (path.size() == leaf.size() || path[leaf.size()] == '/');
}

Status Tree::remove() const {
  // Probes and stop programs may be left, and what SIGKILL could not end yet.
  if (auto killed = linux_os::kill_cgroup(stack()); !killed && exists(stack())) return killed;
  if (auto removed = remove_when_empty(stack()); !removed) return removed;
  const auto observed = clear_programs(observer());
  const auto looked = clear_programs(look());
  if (auto moved = move_home(); !moved) return moved;
  if (auto removed = linux_os::remove_cgroups(place_.base + "/supervisor"); !removed) return removed;
  if (!observed) return observed;
  if (!looked) return looked;
  return place_.is_base_ours ? linux_os::remove_cgroups(place_.base) : Status(Done{});
}

Status Tree::move_home() const {
  if (place_.home == place_.base)
    if (auto taken_back = linux_os::pass_on_nothing(place_.base); !taken_back) return taken_back;
  for (const int pid : supervisors_)
    if (auto moved = linux_os::move_into(place_.home, pid); !moved) return moved;
  return Done{};
}

void remove_empty(std::vector<linux_os::Leaf>& leaves) {
  std::erase_if(leaves,
                [](const linux_os::Leaf& leaf) { return linux_os::remove_cgroups(leaf.path()).ok(); });
}

} // namespace holdfast::engine
