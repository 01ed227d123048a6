#include "engine/service_facts.h"

#include "linux/cgroup.h"
#include "linux/pressure.h"

namespace holdfast::engine {
namespace {

std::optional<double> pressure_in(const std::string& cgroup, const char* file) {
  const auto found = linux_os::pressure_of(cgroup, file);
  return found ? std::optional(found->some) : std::nullopt;
}

} // namespace

ServiceFacts facts_of(const std::string& cgroup) {
  ServiceFacts facts;
  facts.memory_bytes = linux_os::number_in(cgroup, "memory.current");
  facts.memory_max_bytes = linux_os::number_in(cgroup, "memory.max");
  facts.tasks = linux_os::number_in(cgroup, "pids.current");
  facts.cpu_usec = linux_os::counter_in(cgroup, "cpu.stat", "usage_usec");
  facts.memory_pressure = pressure_in(cgroup, "memory.pressure");
  facts.cpu_pressure = pressure_in(cgroup, "cpu.pressure");
  facts.io_pressure = pressure_in(cgroup, "io.pressure");
  return facts;
}

} // namespace holdfast::engine
