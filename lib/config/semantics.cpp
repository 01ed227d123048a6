#include "config/semantics.h"

#include "config/bounds.h"
#include "config/keys.h"
#include "config/network_probe.h"
#include "config/secret.h"
#include "wire/audit.h"

#include <algorithm>

namespace holdfast::config {
namespace {

/// sun_path holds 108 bytes with its NUL; a run's socket is a name of a service in a directory below
/// `runtime`.
constexpr std::size_t longest_socket_path = 107;
constexpr std::size_t around_the_name = 16;

/// The same place without the line's text: what is said about a secret must not show it.
Place without_text(Place place) {
  if (place.source) place.source = std::make_shared<Source>(Source{.path = place.source->path, .text = {}});
  return place;
}

std::string known_kinds() {
  std::string text;
  for (const std::string_view kind : probe_kinds)
    text += (text.empty() ? "" : ", ") + std::string(kind);
  return text;
}

/// Whether any program of ours is run for it: an external service with network probes has none.
bool runs_something(const Node& service) {
  if (service.find("external") == nullptr) return true;
  for (const char* probe : {"ready", "live"})
    if (const Node* section = service.value(probe); section != nullptr && section->find("exec") != nullptr)
      return true;
  return false;
}

class ServiceChecks {
public:
  ServiceChecks(const Entry& entry, const model::ServiceSpec& spec, bool incomplete, bool root,
                Report& report)
      : entry_(entry), node_(*entry.value), spec_(spec), incomplete_(incomplete), root_(root),
        report_(report), path_(below("services", entry.key)) {}

  void all() {
    if (!incomplete_) required();
    probe("ready");
    probe("progress");
    probe("live");
    live_can_fail();
    if (has("external"))
      check_external(entry_, report_);
    else if (spec_.task)
      task();
    stop_ladder();
    reload();
    restart();
    check_limits(node_.value("limits"), spec_.group_limits, below(path_, "limits"), report_);
    useless();
    secrets();
  }

private:
  bool has(std::string_view key) const { return node_.find(key) != nullptr; }

  void error(std::string_view key, const Flaw& flaw) { report_.error(place(key), below(path_, key), flaw); }
  void warn(std::string_view key, const Flaw& flaw) { report_.warning(place(key), below(path_, key), flaw); }

  Place place(std::string_view key) const {
    const Entry* entry = node_.find(key);
    return entry == nullptr ? entry_.place : entry->place;
  }

  void required() {
    if (!has("command") && !has("external"))
      error("command",
            {"service " + in_quotes(entry_.key) + " has no command", "give it a command or a preset"});
    if (!has("user") && root_ && runs_something(node_))
      error("user", {"service " + in_quotes(entry_.key) + " has no user",
                     "we run as root: write `user: root` if that is meant"});
  }

  void probe(std::string_view key) {
    const Node* node = node_.value(key);
    if (node == nullptr || node->kind != Kind::map) return;
    std::string kinds;
    std::size_t number = 0;
    for (const Entry& entry : node->entries)
      if (std::find(probe_kinds.begin(), probe_kinds.end(), entry.key) != probe_kinds.end())
        kinds += (number++ == 0 ? "" : ", ") + entry.key;
    if (number == 0) error(key, {"the probe does not say what it does", "write one of " + known_kinds()});
    if (number > 1) error(key, {"a probe does one thing, this one has " + kinds, {}});
    check_network_probe(*node, below(path_, key), report_);
    if (const Node* codes = node->value("exit");
        codes != nullptr && codes->kind == Kind::list && codes->items.empty())
      error(key, {"\"exit\" names no exit code", {}});
  }

  /// Whether it still runs is not asked by a probe, and READY=1 is said once.
  void live_can_fail() {
    const Node* live = node_.value("live");
    if (live == nullptr) return;
    for (const char* kind : {"running", "notify"})
      if (const Entry* entry = live->find(kind))
        report_.error(entry->place, below(path_, "live"),
                      {"a live probe " + in_quotes(kind) + " could never fail",
                       "ask the program: use exec or a network probe"});
  }

  void task() {
    for (const char* key : {"ready", "live", "unready_within", "reload", "sockets"})
      if (has(key)) error(key, {"a task ends, " + in_quotes(key) + " means nothing to it", "leave it out"});
    if (spec_.restart.when == model::RestartWhen::always)
      error("restart", {"a task that is always restarted never ends", "when: on-failure or never"});
  }

  void stop_ladder() {
    const Node* stop = node_.value("stop");
    if (stop == nullptr || stop->kind != Kind::list) return;
    if (stop->items.empty()) error("stop", {"the ladder has no rung", "leave it out: SIGTERM, 30s"});
    for (const NodePtr& rung : stop->items) {
      if (rung->kind != Kind::map) continue;
      const bool exec = rung->find("exec") != nullptr;
      if (exec == (rung->find("signal") != nullptr))
        report_.error(rung->place, below(path_, "stop"), {"a rung has one of signal and exec", {}});
      else if (exec && rung->find("to") != nullptr)
        report_.error(rung->place, below(path_, "stop"), {"\"to\" belongs to a signal", {}});
    }
  }

  void reload() {
    const Node* reload = node_.value("reload");
    if (reload == nullptr || reload->kind != Kind::map) return;
    if ((reload->find("exec") != nullptr) == (reload->find("signal") != nullptr))
      error("reload", {"a reload has one of signal and exec", {}});
    const Node* files = reload->value("files");
    if (files == nullptr || (files->kind == Kind::list && files->items.empty()))
      warn("reload", {"a reload without files is never done", "name the files under `files`"});
  }

  void restart() {
    if (spec_.restart.up_to < spec_.restart.delay && has("restart"))
      error("restart", {"up_to (" + written(spec_.restart.up_to) + ") is less than delay (" +
                            written(spec_.restart.delay) + ")",
                        {}});
  }

  void useless() {
    if (has("progress_up_to") && !has("progress") && spec_.ready.kind != model::ProbeKind::observed)
      warn("progress_up_to", {"\"progress_up_to\" without a progress probe does nothing", {}});
    if (has("socket_passing") && !has("sockets"))
      warn("socket_passing", {"\"socket_passing\" without sockets does nothing", {}});
    if (spec_.program.user == "root" && has("capabilities"))
      warn("capabilities", {"root has all capabilities", "leave it out, or take another user"});
  }

  /// The file may be read by more than those who may know a secret, and it is copied about.
  void secrets() {
    const Node* environment = node_.value("environment");
    if (environment == nullptr) return;
    for (const Entry& variable : environment->entries)
      if (names_secret(variable.key))
        report_.warning(
            without_text(variable.place), below(below(path_, "environment"), variable.key),
            {in_quotes(variable.key) + " looks like a secret", "put it into an environment_file"});
  }

  const Entry& entry_;
  const Node& node_;
  const model::ServiceSpec& spec_;
  bool incomplete_;
  bool root_;
  Report& report_;
  std::string path_;
};

void check_runtime(const Node& tree, const model::StackSpec& stack, Report& report) {
  const Node* heading = tree.value("stack");
  const Node* runtime = heading == nullptr ? nullptr : heading->value("runtime");
  if (runtime == nullptr) return;
  std::size_t longest = 0;
  for (const model::ServiceSpec& service : stack.services)
    longest = std::max(longest, service.name.size());
  if (stack.runtime.size() + longest + around_the_name > longest_socket_path)
    report.error(runtime->place, "stack.runtime",
                 {"too long for the sockets below it", "a socket's path has 107 bytes"});
}

} // namespace

void check_services(const Expanded& expanded, const model::StackSpec& stack, const LoadOptions& options,
                    Report& report) {
  check_runtime(*expanded.tree, stack, report);
  if (const Node* heading = expanded.tree->value("stack"))
    check_limits(heading->value("limits"), stack.group_limits, "stack.limits", report);
  const Node* services = expanded.tree->value("services");
  if (services == nullptr) return;
  for (std::size_t i = 0; i < services->entries.size(); ++i) {
    const Entry& entry = services->entries[i];
    if (entry.key == wire::audit_log)
      report.error(
          entry.place, "services." + entry.key,
          {in_quotes(entry.key) + " is the name of the log of commands", "call the service otherwise"});
    if (entry.value->kind != Kind::map) continue;
    ServiceChecks(entry, stack.services[i], expanded.incomplete.contains(entry.key), options.root, report)
        .all();
  }
}

} // namespace holdfast::config
