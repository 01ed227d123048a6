#include "config/build.h"
#include "config/fields.h"
#include "config/keys.h"
#include "config/network_probe.h"

namespace holdfast::config {
namespace {

using namespace model;

Probe read_probe(const Fields& fields) {
  Probe probe;
  if (fields.node("notify") != nullptr) probe.kind = ProbeKind::notify;
  if (fields.node("exec") != nullptr) probe.kind = ProbeKind::exec;
  if (auto network = read_network_probe(fields)) {
    probe.kind = ProbeKind::observed;
    probe.network = std::move(*network);
  }
  fields.duration("running", probe.running);
  fields.program("exec", probe.exec);
  if (fields.node("exit") != nullptr) {
    probe.exit.clear();
    for (const std::string& code : fields.texts("exit"))
      if (const auto parsed = parse_integer(code); const auto* value = std::get_if<std::int64_t>(&parsed))
        probe.exit.push_back(static_cast<int>(*value));
  }
  fields.duration("every", probe.every);
  fields.duration("timeout", probe.timeout);
  fields.integer("failures", probe.failures);
  fields.integer("successes", probe.successes);
  fields.duration("quiet", probe.quiet);
  return probe;
}

/// A wait beyond its bound has been refused; the sums that are still made must not overflow for it.
void read_wait(const Fields& fields, std::string_view key, Duration& field) {
  fields.duration(key, field);
  field = std::min<Duration>(field, std::chrono::milliseconds(longest_wait_in_ms));
}

LiveProbe read_live(const Fields& fields) {
  LiveProbe live{.probe = read_probe(fields), .then = LiveAction::restart};
  std::string then;
  fields.text("then", then);
  if (then == "alert") live.then = LiveAction::alert;
  return live;
}

Rung read_rung(const Fields& fields) {
  Rung rung;
  fields.parsed("signal", rung.signal, parse_signal);
  std::string to;
  fields.text("to", to);
  rung.to_all = to == "all";
  fields.program("exec", rung.exec);
  read_wait(fields, "wait", rung.wait);
  return rung;
}

ReloadSpec read_reload(const Fields& fields) {
  ReloadSpec reload;
  fields.parsed("signal", reload.signal, parse_signal);
  fields.program("exec", reload.exec);
  reload.files = fields.texts("files");
  return reload;
}

std::optional<TaskRun> read_task(const Fields& service) {
  if (service.node("task") == nullptr) return std::nullopt;
  std::string run;
  service.section("task").text("run", run);
  if (run == "once") return TaskRun::once;
  if (run == "on-command") return TaskRun::on_command;
  return TaskRun::before_start;
}

RuntimeDirectory read_runtime_directory(const Fields& fields) {
  RuntimeDirectory directory;
  fields.text("path", directory.path);
  fields.parsed("mode", directory.mode, parse_mode);
  return directory;
}

Requirement read_requirement(const Fields& fields) {
  Requirement requirement;
  fields.text("file", requirement.file);
  fields.text("owner", requirement.owner);
  return requirement;
}

SocketSpec read_socket(const Fields& fields) {
  SocketSpec socket;
  fields.text("name", socket.name);
  fields.text("listen", socket.address);
  fields.parsed("backlog", socket.backlog, parse_integer);
  fields.parsed("mode", socket.mode, parse_mode);
  fields.text("group", socket.group);
  return socket;
}

void read_limits(const Fields& fields, ProcessLimits& limits) {
  fields.parsed("open_files", limits.open_files, parse_integer);
  fields.parsed("locked_memory", limits.locked_memory, parse_size);
  fields.parsed("core", limits.core, parse_size);
  fields.parsed("oom_score", limits.oom_score, parse_integer);
}

Program read_program(const Fields& fields) {
  Program program;
  fields.program("command", program.command);
  fields.text("user", program.user);
  fields.text("group", program.group);
  if (fields.node("groups") != nullptr) program.groups = fields.texts("groups");
  program.capabilities = fields.texts("capabilities");
  fields.boolean("no_new_privileges", program.no_new_privileges);
  if (const Node* environment = fields.node("environment"))
    for (const Entry& variable : environment->entries)
      program.environment[variable.key] = variable.value->text;
  fields.text("environment_file", program.environment_file);
  fields.text("directory", program.directory);
  fields.parsed("umask", program.umask, parse_mode);
  program.runtime_directories = fields.each<RuntimeDirectory>("runtime_directories", read_runtime_directory);
  program.requirements = fields.each<Requirement>("requires", read_requirement);
  program.sockets = fields.each<SocketSpec>("sockets", read_socket);
  std::string passing;
  fields.text("socket_passing", passing);
  if (passing == "nginx") program.socket_passing = SocketPassing::nginx;
  read_limits(fields.section("limits"), program.limits);
  return program;
}

void read_probes(const Fields& fields, ServiceSpec& spec) {
  if (fields.node("ready") != nullptr) spec.ready = read_probe(fields.section("ready"));
  if (fields.node("progress") != nullptr) spec.progress = read_probe(fields.section("progress"));
  if (fields.node("live") != nullptr) spec.live = read_live(fields.section("live"));
  fields.duration("progress_up_to", spec.progress_up_to);
  fields.duration("start_within", spec.start_within);
  fields.duration("unready_within", spec.unready_within);
}

} // namespace

ServiceSpec build_service(const Entry& service, const RestartPolicy& defaults) {
  const Fields fields(service.value.get());
  ServiceSpec spec;
  spec.name = service.key;
  spec.program = read_program(fields);
  fields.boolean("critical", spec.critical);
  fields.boolean("enabled", spec.enabled);
  fields.text("external", spec.external);
  spec.task = read_task(fields);
  read_probes(fields, spec);
  if (fields.node("stop") != nullptr) spec.stop = fields.each<Rung>("stop", read_rung);
  if (spec.stop.size() > most_rungs) spec.stop.resize(most_rungs);
  read_wait(fields, "leftovers", spec.leftovers);
  if (fields.node("reload") != nullptr) spec.reload = read_reload(fields.section("reload"));
  spec.restart = defaults;
  if (spec.task) spec.restart.when = RestartWhen::never;
  read_restart(fields.node("restart"), spec.restart);
  read_group_limits(fields.node("limits"), spec.group_limits);
  fields.section("log").boolean("timestamps", spec.timestamps);
  return spec;
}

} // namespace holdfast::config
