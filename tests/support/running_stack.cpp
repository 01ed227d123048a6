#include "support/running_stack.h"

#include "support/binaries.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;

bool is_below(const std::string& cgroup, const std::string& part) {
  return (cgroup + "/").find("/" + part + "/") != std::string::npos;
}

std::string unified_cgroup(const fs::path& process) {
  std::ifstream file(process / "cgroup");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("0::", 0) == 0) return line.substr(3);
  return {};
}

std::string command_line(const fs::path& process) {
  std::string words = contents((process / "cmdline").string());
  std::replace(words.begin(), words.end(), '\0', ' ');
  return words;
}

// Other stacks come and go meanwhile: a cgroup that is gone when we look into it is no error.
void look_for_cgroup(const std::string& name, const fs::path& cgroup, std::vector<std::string>& found) {
  std::error_code gone;
  for (auto at = fs::directory_iterator(cgroup, gone); !gone && at != fs::directory_iterator();
       at.increment(gone)) {
    if (!at->is_directory(gone)) continue;
    if (at->path().filename() == name) found.push_back(at->path().string());
    look_for_cgroup(name, at->path(), found);
  }
}

void remove_cgroup(const fs::path& cgroup) {
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(cgroup, gone))
    if (entry.is_directory(gone)) remove_cgroup(entry.path());
  ::rmdir(cgroup.c_str());
}

} // namespace

std::vector<StackProcess> processes_of(const std::string& stack, const std::string& service) {
  const std::string part = "holdfast-" + stack + (service.empty() ? "" : "/stack/" + service);
  std::vector<StackProcess> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string cgroup = unified_cgroup(entry.path());
    std::string command = command_line(entry.path());
    // A zombie has no command line; it is a message that waits to be read, not a process that lives.
    if (is_below(cgroup, part) && !command.empty())
      found.push_back({.pid = std::stoi(name), .cgroup = cgroup, .command = std::move(command)});
  }
  return found;
}

std::vector<std::string> cgroups_of(const std::string& stack) {
  std::vector<std::string> found;
  look_for_cgroup("holdfast-" + stack, cgroup_root(), found);
  return found;
}

std::string cgroup_root() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string source, path, type;
    if (fields >> source >> path >> type && type == "cgroup2") return path;
  }
  throw std::runtime_error("no cgroup v2 is mounted");
}

void remove_stack(const std::string& stack) {
  for (const auto& cgroup : cgroups_of(stack)) {
    std::ofstream(cgroup + "/cgroup.kill") << "1";
    const Deadline deadline(10s);
    while (!processes_of(stack).empty() && !deadline.passed())
      ::poll(nullptr, 0, 20);
    remove_cgroup(cgroup);
  }
}

RunningStack::RunningStack(const StackDirectory& directory)
    : RunningStack(directory, {binaries() + "/holdfast", "run", "--config", directory / "holdfast.yaml"}) {}

RunningStack::RunningStack(const StackDirectory& directory, const Words& run) : directory_(directory) {
  const std::string config = directory / "holdfast.yaml";
  const Fd log = open_output(directory / "run.out");
  // A test that is killed, as by ctest's timeout, must not leave its stack running.
  Words words{"setpriv", "--pdeathsig", "TERM"};
  words.insert(words.end(), run.begin(), run.end());
  run_ = std::make_unique<Child>(words, log.get());
  const Deadline deadline(30s);
  while (command({"status"}).code == 3) {
    if (const auto code = run_->wait(20ms))
      throw std::runtime_error("run ended with " + std::to_string(*code) + ": " + output());
    if (deadline.passed()) throw std::runtime_error("run does not answer: " + output());
  }
  events_ = std::make_unique<Events>(config, log.get());
}

RunningStack::~RunningStack() {
  if (!run_->wait(0ms)) {
    run_->send(SIGTERM);
    run_->wait(60s);
  }
  run_.reset();
  remove_stack(directory_.name());
}

pid_t RunningStack::engine() const {
  for (const auto& process : processes_of(directory_.name()))
    if (process.command.substr(0, process.command.find(' ')).ends_with("/holdfast-engine"))
      return process.pid;
  return 0;
}

std::string RunningStack::output() const {
  return contents(directory_ / "run.out");
}

Finished RunningStack::command(const Words& words, Milliseconds within) const {
  Words all{binaries() + "/holdfast"};
  all.insert(all.end(), words.begin(), words.end());
  all.insert(all.end(), {"--config", directory_ / "holdfast.yaml"});
  return run_program(all, within);
}

nlohmann::json RunningStack::status() const {
  const auto finished = command({"status", "--json"});
  if (finished.code > 1) throw std::runtime_error("status: " + finished.output);
  return nlohmann::json::parse(finished.output);
}

nlohmann::json RunningStack::service(const std::string& name) const {
  const auto whole = status();
  for (const auto& entry : whole.at("services"))
    if (entry.at("name") == name) return entry;
  throw std::runtime_error("status does not name " + name);
}

pid_t RunningStack::kill_service(const std::string& name) const {
  const auto pid = service(name).at("pid").get<pid_t>();
  if (::kill(pid, SIGKILL) != 0) throw std::runtime_error("cannot kill " + name);
  return pid;
}

pid_t RunningStack::kill_engine() const {
  const pid_t pid = engine();
  if (pid == 0 || ::kill(pid, SIGKILL) != 0) throw std::runtime_error("cannot kill the engine");
  return pid;
}

int RunningStack::stop(Milliseconds within, int signal) {
  run_->send(signal);
  return wait(within);
}

int RunningStack::wait(Milliseconds within) {
  const auto code = run_->wait(within);
  if (!code) throw std::runtime_error("run does not end: " + output());
  return *code;
}

} // namespace holdfast::test
