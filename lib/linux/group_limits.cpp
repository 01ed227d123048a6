#include "linux/group_limits.h"

#include "linux/cgroup.h"

#include <cerrno>
#include <cstdint>

namespace holdfast::linux_os {
namespace {

/// Microseconds: of each so many, a cgroup has its quota.
constexpr std::uint64_t cpu_period = 100'000;
constexpr unsigned default_weight = 100;

LimitFile amount(Controller controller, std::string_view name, const std::optional<std::uint64_t>& limit) {
  return {controller, name, limit ? std::to_string(*limit) : "max", !limit};
}

LimitFile cpu_max(const std::optional<std::uint64_t>& thousandths) {
  const std::string quota = thousandths ? std::to_string(*thousandths * cpu_period / 1000) : "max";
  return {Controller::cpu, "cpu.max", quota + " " + std::to_string(cpu_period), !thousandths};
}

LimitFile weight(Controller controller, std::string_view name, const std::optional<unsigned>& weight) {
  return {controller, name, std::to_string(weight.value_or(default_weight)), !weight};
}

} // namespace

std::vector<LimitFile> limit_files(const model::GroupLimits& limits) {
  const LimitFile oom_group{Controller::memory, "memory.oom.group", limits.oom_group ? "1" : "0", true};
  return {amount(Controller::memory, "memory.high", limits.memory_high),
          oom_group,
          amount(Controller::memory, "memory.max", limits.memory),
          amount(Controller::memory, "memory.swap.max", limits.swap),
          cpu_max(limits.cpu),
          weight(Controller::cpu, "cpu.weight", limits.cpu_weight),
          weight(Controller::io, "io.weight", limits.io_weight),
          amount(Controller::pids, "pids.max", limits.tasks)};
}

std::vector<Error> write_limits(const std::string& cgroup, const model::GroupLimits& limits,
                                const Controllers& controllers) {
  std::vector<Error> refused;
  for (const LimitFile& file : limit_files(limits)) {
    if (!controllers.contains(file.controller)) continue;
    const auto written = write_control(cgroup + "/" + std::string(file.name), file.value);
    if (written || (file.is_default && written.error().code == ENOENT)) continue;
    refused.push_back({file.value + " is refused: " + written.error().what, written.error().code});
  }
  return refused;
}

} // namespace holdfast::linux_os
