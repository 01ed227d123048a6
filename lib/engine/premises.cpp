#include "engine/premises.h"

#include "base/file.h"
#include "engine/door.h"
#include "engine/limits.h"
#include "engine/lock.h"
#include "linux/limits.h"
#include "linux/log_file.h"
#include "wire/last_stop.h"

#include <cerrno>
#include <unistd.h>

namespace holdfast::engine {
namespace {

Status fits(const model::StackSpec& spec) {
  if (spec.services.size() <= wire::last_stop_rows) return Done{};
  return Error{"more than " + std::to_string(wire::last_stop_rows) + " services", 0};
}

Status make_own_directories(const model::StackSpec& spec) {
  // Everybody may look for the sockets; what is kept is root's.
  if (auto made = make_directories(spec.runtime, 0755); !made) return made.error().in("stack.runtime");
  if (auto made = make_directories(spec.state, 0750); !made) return made.error().in("stack.state");
  return Done{};
}

/// Writes them all. What cannot be enforced refuses the whole or is told in `found`.
Status enforce(const Tree& tree, const model::StackSpec& spec, std::vector<std::string>& found) {
  if (std::string lack = unenforceable(tree, spec); !lack.empty()) {
    if (spec.enforce_limits == model::EnforceLimits::required)
      return Error{lack + " (stability.enforce_limits is required)"};
    found.push_back(std::move(lack));
  }
  const auto refused = write(tree, all_limits(tree, spec));
  found.insert(found.end(), refused.begin(), refused.end());
  return Done{};
}

} // namespace

std::vector<std::string> fit_limits(model::StackSpec& spec) {
  std::vector<std::string> told;
  for (model::ServiceSpec& service : spec.services) {
    std::vector<std::string> lowered;
    service.program.limits = linux_os::granted_limits(service.program.limits, lowered);
    for (const std::string& words : lowered)
      told.push_back(service.name + ": this machine allows no more than " + words);
  }
  return told;
}

Status close_left_door(const std::string& runtime) {
  // Where nothing was left, nothing is made.
  if (::access(door_flag(runtime).c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) return Done{};
  const auto lock = take_lock(runtime + "/lock", ::getpid());
  if (!lock && lock.error().code == EWOULDBLOCK) return Done{};
  if (!lock) return lock.error();
  return close_door_of(runtime);
}

Result<Premises> come_back_to_premises(const model::StackSpec& spec, Tree::Place place, std::uint32_t engine,
                                       int anchor, Fd lock) {
  auto logs = linux_os::open_log_directory(spec.log_directory);
  if (!logs) return logs.error().in("logging.directory");
  Tree::Options options{
      .base = {}, .stack = spec.name, .services = {}, .supervisors = {anchor, ::getpid()}, .engine = engine};
  for (const model::ServiceSpec& service : spec.services)
    if (!service.removed) options.services.push_back(service.name);
  auto tree = Tree::come_back(options, std::move(place));
  if (!tree) return tree.error();
  std::vector<std::string> found = write(tree.value(), all_limits(tree.value(), spec));
  return Premises{std::move(lock), std::move(logs).value(), std::move(tree).value(), std::move(found)};
}

Result<Premises> enter_premises(const model::StackSpec& spec, const std::string& cgroup, int anchor,
                                Fd lock) {
  if (auto fit = fits(spec); !fit) return fit.error();
  if (auto made = make_own_directories(spec); !made) return made.error();
  if (!lock.valid()) {
    auto taken = take_lock(spec.runtime + "/lock", anchor);
    if (!taken) return taken.error();
    lock = std::move(taken).value();
  }
  // Whatever becomes of this start: nobody comes in before somebody has decided it.
  if (auto closed = close_door_of(spec.runtime); !closed) return closed.error().in("the door");
  auto logs = linux_os::open_log_directory(spec.log_directory);
  if (!logs) return logs.error().in("logging.directory");
  Tree::Options options{
      .base = cgroup, .stack = spec.name, .services = {}, .supervisors = {anchor, ::getpid()}};
  for (const model::ServiceSpec& service : spec.services)
    options.services.push_back(service.name);
  std::vector<std::string> found;
  if (const std::string hidden_by = hides_door(door_flag(spec.runtime)); !hidden_by.empty())
    found.push_back(hidden_by +
                    " is closed to others: a web server with a user of its own finds the door in it "
                    "closed for ever (chmod o+x " +
                    hidden_by + ")");
  auto tree = Tree::make(options, found);
  if (!tree) return tree.error();
  if (auto enforced = enforce(tree.value(), spec, found); !enforced) {
    static_cast<void>(tree.value().remove());
    return enforced.error();
  }
  return Premises{std::move(lock), std::move(logs).value(), std::move(tree).value(), std::move(found)};
}

} // namespace holdfast::engine
