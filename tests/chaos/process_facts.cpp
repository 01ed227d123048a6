#include "chaos/process_facts.h"

#include "support/program.h"

#include <fstream>
#include <sstream>

namespace holdfast::test {
namespace {

/// The fields of /proc/PID/stat after the name, which may hold anything: the first of them is field 3.
std::vector<std::string> stat_fields(pid_t pid) {
  const std::string text = contents("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream words(text.substr(name_end + 1));
  std::vector<std::string> fields;
  for (std::string word; words >> word;)
    fields.push_back(word);
  return fields;
}

} // namespace

std::string stat_field(pid_t pid, std::size_t number) {
  const auto fields = stat_fields(pid);
  return number - 3 < fields.size() ? fields[number - 3] : "0";
}

std::vector<pid_t> pids_in(const std::string& cgroup) {
  std::ifstream file(cgroup + "/cgroup.procs");
  std::vector<pid_t> pids;
  for (pid_t pid = 0; file >> pid;)
    pids.push_back(pid);
  return pids;
}

pid_t parent_of(pid_t pid) {
  return std::stoi(stat_field(pid, 4));
}

std::uint64_t start_time(pid_t pid) {
  const std::string state = stat_field(pid, 3);
  return state == "Z" || state == "X" ? 0 : std::stoull(stat_field(pid, 22));
}

std::string cgroup_of(pid_t pid) {
  std::istringstream text(contents("/proc/" + std::to_string(pid) + "/cgroup"));
  for (std::string line; std::getline(text, line);)
    if (line.starts_with("0::")) return line.substr(3);
  return {};
}

} // namespace holdfast::test
