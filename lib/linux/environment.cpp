#include "linux/environment_file.h"
#include "linux/launcher.h"

#include <map>

namespace holdfast::linux_os {
namespace {

constexpr const char* search_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

} // namespace

Result<std::vector<std::string>> build_environment(const model::Program& program, const Identity& identity,
                                                   const std::vector<std::string>& extra) {
  // Built from nothing: what we were started with (NOTIFY_SOCKET, LISTEN_FDS, WATCHDOG_USEC, LD_PRELOAD) is
  // ours alone.
  std::map<std::string, std::string> variables{
      {"PATH", search_path},      {"HOME", identity.home},   {"USER", identity.name},
      {"LOGNAME", identity.name}, {"SHELL", identity.shell}, {"LANG", "C.UTF-8"},
  };
  if (!program.environment_file.empty()) {
    const auto read = read_environment_file(program.environment_file);
    if (!read) return read.error();
    for (const auto& [name, value] : read.value())
      variables[name] = value;
  }
  for (const auto& [name, value] : program.environment)
    variables[name] = value;
  for (const std::string& assignment : extra) {
    const std::size_t equals = assignment.find('=');
    if (equals != std::string::npos) variables[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  std::vector<std::string> list;
  list.reserve(variables.size());
  for (const auto& [name, value] : variables)
    list.emplace_back(name).append("=").append(value);
  return list;
}

} // namespace holdfast::linux_os
