#include "chaos/chaos_stack.h"

#include "support/binaries.h"
#include "support/mounts.h"
#include "support/unix_client.h"
#include "wire/control.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <variant>

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;

/// Nothing where the engine died before it had answered.
std::optional<wire::StatusView> ask_once(const std::string& socket, Milliseconds within) {
  const UnixClient client(socket);
  client.send(wire::encode(wire::ControlRequest{.verb = wire::ControlVerb::status}) + "\n");
  const std::string line = client.line(within);
  if (line.empty()) return std::nullopt;
  const auto reply = wire::decode_reply(line);
  if (!reply) return std::nullopt; // cut in the middle
  const auto* const view = std::get_if<wire::StatusView>(&reply.value());
  if (view == nullptr) throw std::runtime_error("status is answered by " + line);
  return *view;
}

bool is_settled(const wire::StatusView& view) {
  return std::all_of(view.services.begin(), view.services.end(), [](const wire::ServiceStatus& service) {
    return service.phase == "ready" || service.phase == "done" || service.phase == "down";
  });
}

std::string words_of(const wire::StatusView& view) {
  std::string words = "the stack is " + view.stack.verdict + " " + view.stack.why;
  for (const auto& service : view.services)
    words += "; " + service.name + " " + service.phase + " " + service.why;
  return words;
}

} // namespace

ChaosPlace::ChaosPlace() {
  for (const std::string& path : {logs(), records()})
    mount_at(path, {"-t", "tmpfs", "-o", "mode=0755", "none"});
}

ChaosPlace::~ChaosPlace() {
  for (const std::string& path : {logs(), records()})
    if (is_mount(path)) unmount(path);
}

void ChaosPlace::begin_anew() const {
  for (const std::string& path : {logs(), records()})
    for (const auto& entry : fs::directory_iterator(path))
      fs::remove(entry.path());
}

std::vector<std::string> ChaosPlace::program(const std::vector<std::string>& words) const {
  std::vector<std::string> all{HOLDFAST_CHAOS_SERVICE, records()};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

void ChaosPlace::configure(const std::vector<ChaosService>& services, const std::string& rotate_size) const {
  nlohmann::json entries = nlohmann::json::object();
  for (const ChaosService& service : services) {
    nlohmann::json entry = service.keys;
    entry["command"] = program(service.words);
    entry["user"] = "root";
    if (!entry.contains("ready") && !entry.contains("task")) entry["ready"] = {{"running", "0ms"}};
    entries[service.name] = std::move(entry);
  }
  const nlohmann::json whole = {
      {"stack",
       {{"name", directory_.name()}, {"runtime", directory_ / "run"}, {"state", directory_ / "state"}}},
      {"logging", {{"directory", logs()}, {"rotate", {{"size", rotate_size}}}}},
      {"stability",
       {{"start_at_once", 16},
        {"restart",
         {{"delay", "1ms"},
          {"up_to", "5ms"},
          {"jitter", "0%"},
          {"settled", "1ms"},
          {"budget", "10000 in 1s"}}}}},
      {"services", std::move(entries)}};
  // JSON is YAML. Commands read it at any moment to find the daemon, so it is whole at each.
  directory_.write("holdfast.yaml.new", whole.dump(1) + "\n");
  fs::rename(directory_ / "holdfast.yaml.new", directory_ / "holdfast.yaml");
}

ChaosStack::ChaosStack(const ChaosPlace& place, const std::string& engine)
    : place_(place), running_(std::make_unique<RunningStack>(
                         place.directory(), Words{HOLDFAST_CHAOS_ANCHOR, "--engine",
                                                  engine.empty() ? binaries() + "/holdfast-engine" : engine,
                                                  "--config", place.directory() / "holdfast.yaml"})) {
  const auto cgroups = cgroups_of(place.directory().name());
  if (cgroups.size() != 1) throw std::runtime_error("the stack has not one cgroup: " + running_->output());
  cgroup_ = cgroups.front();
  watch_ = std::make_unique<EngineWatch>(running_->pid(), cgroup_);
}

wire::StatusView ChaosStack::status(Milliseconds within) const {
  const Deadline deadline(within);
  do
    if (auto view = ask_once(place_.directory() / "run/control.sock", deadline.left())) return *view;
  while (!deadline.passed());
  throw std::runtime_error("the engine does not answer: " + running_->output());
}

void ChaosStack::wait_quiet(const std::string& verdict, Milliseconds within) const {
  wire::StatusView view;
  if (!comes_true(within, [&] {
        view = status();
        return view.stack.verdict == verdict && is_settled(view);
      }))
    throw std::runtime_error("the stack does not become " + verdict + " and quiet: " + words_of(view));
}

const wire::ServiceStatus& entry_of(const wire::StatusView& view, const std::string& service) {
  for (const auto& entry : view.services)
    if (entry.name == service) return entry;
  throw std::runtime_error("status does not name " + service);
}

} // namespace holdfast::test
