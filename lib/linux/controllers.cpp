#include "linux/controllers.h"

#include "base/file.h"
#include "linux/cgroup.h"

#include <algorithm>
#include <sstream>
#include <sys/xattr.h>

namespace holdfast::linux_os {
namespace {

constexpr std::size_t most_bytes = 64U << 10U;

/// As v1 calls it.
std::string_view v1_name_of(Controller controller) {
  return controller == Controller::io ? "blkio" : name_of(controller);
}

std::string joined(const Controllers& controllers, char sign) {
  std::string text;
  for (const Controller controller : controllers)
    text += (text.empty() ? "" : " ") + (sign + std::string(name_of(controller)));
  return text;
}

bool has(const std::string& cgroup, Controller controller) {
  const auto found = controllers_of(cgroup);
  return found && found.value().contains(controller);
}

/// The cgroup above `cgroup` that has the controller and does not pass it on towards it.
std::string where_it_ends(Controller controller, const std::string& mount, const std::string& cgroup) {
  std::string holder = mount;
  for (std::size_t slash = mount.size(); slash != std::string::npos;) {
    slash = cgroup.find('/', slash + 1);
    const std::string next = cgroup.substr(0, slash);
    if (!has(next, controller)) break;
    holder = next;
  }
  return holder;
}

std::string why_not_in_hierarchy(Controller controller) {
  const auto text = read_file("/proc/cgroups", most_bytes);
  if (text && is_held_by_v1(controller, text.value()))
    return "cgroup v1 holds it, so that v2 has it nowhere (boot with systemd.unified_cgroup_hierarchy=1)";
  return "the kernel has none, or it was switched off when it booted";
}

} // namespace

std::string_view name_of(Controller controller) {
  switch (controller) {
  case Controller::cpu: return "cpu";
  case Controller::io: return "io";
  case Controller::memory: return "memory";
  case Controller::pids: return "pids";
  }
  return {};
}

Controllers parse_controllers(std::string_view text) {
  Controllers found;
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;)
    for (const Controller controller : all_controllers)
      if (word == name_of(controller)) found.insert(controller);
  return found;
}

Result<Controllers> controllers_of(const std::string& cgroup) {
  const auto text = read_file(cgroup + "/cgroup.controllers", most_bytes);
  if (!text) return text.error();
  return parse_controllers(text.value());
}

Status pass_on(const std::string& cgroup, const Controllers& controllers) {
  if (controllers.empty()) return Done{};
  return write_control(cgroup + "/cgroup.subtree_control", joined(controllers, '+'));
}

Status pass_on_nothing(const std::string& cgroup) {
  const auto text = read_file(cgroup + "/cgroup.subtree_control", most_bytes);
  if (!text) return text.error();
  const Controllers passed = parse_controllers(text.value());
  if (passed.empty()) return Done{};
  return write_control(cgroup + "/cgroup.subtree_control", joined(passed, '-'));
}

Controllers needed_by(const model::GroupLimits& limits) {
  Controllers needed;
  if (limits.memory || limits.memory_high || limits.swap) needed.insert(Controller::memory);
  if (limits.cpu || limits.cpu_weight) needed.insert(Controller::cpu);
  if (limits.io_weight) needed.insert(Controller::io);
  if (limits.tasks) needed.insert(Controller::pids);
  return needed;
}

std::string why_missing(Controller controller, const std::string& mount, const std::string& cgroup) {
  if (!has(mount, controller)) return why_not_in_hierarchy(controller);
  const std::string holder = where_it_ends(controller, mount, cgroup);
  // The hierarchy's root alone may have both processes and cgroups with controllers.
  const auto living = pids_in(holder);
  if (holder != mount && living && !living.value().empty())
    return holder + " cannot pass it on: processes live in it";
  return holder + " does not pass it on: it is not delegated";
}

bool is_held_by_v1(Controller controller, std::string_view proc_cgroups) {
  std::istringstream lines{std::string(proc_cgroups)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    unsigned hierarchy = 0;
    if (words >> name >> hierarchy && name == v1_name_of(controller)) return hierarchy != 0;
  }
  return false;
}

bool is_delegated(const std::string& cgroup) {
  // The first is that of the system's manager, the second also that of a user's.
  for (const char* name : {"trusted.delegate", "user.delegate"}) {
    std::array<char, 4> value{};
    const ssize_t size = ::getxattr(cgroup.c_str(), name, value.data(), value.size());
    if (size == 1 && value[0] == '1') return true;
  }
  return false;
}

} // namespace holdfast::linux_os
