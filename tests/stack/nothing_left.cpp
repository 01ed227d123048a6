#include "stack/nothing_left.h"

#include "support/ports.h"

namespace holdfast::test {

std::string left_of(const StackDirectory& directory, const std::vector<int>& ports) {
  std::string left;
  for (const auto& process : processes_of(directory.name()))
    left += "process " + std::to_string(process.pid) + " " + process.command + " in " + process.cgroup + "\n";
  for (const auto& cgroup : cgroups_of(directory.name()))
    left += "cgroup " + cgroup + "\n";
  for (const int port : ports)
    if (!port_is_free(port)) left += "port " + std::to_string(port) + "\n";
  return left;
}

bool comes_to(std::size_t count, const std::string& stack, const std::string& service, Milliseconds within) {
  return comes_true(within, [&] { return processes_of(stack, service).size() == count; });
}

} // namespace holdfast::test
