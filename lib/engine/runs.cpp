#include "engine/runs.h"

#include "wire/held.h"

#include <algorithm>
#include <csignal>

namespace holdfast::engine {

Runs::Runs(Parts parts, const model::Stack& stack, Happened happened)
    : parts_(parts), stack_(stack), happened_(std::move(happened)), slots_(stack.size()) {
  for (std::uint32_t i = 0; i < stack.size(); ++i)
    without_ahead_.push_back({i});
}

std::vector<model::FoundRun> Runs::come_back(std::vector<FoundLeaf> leaves, Held& held) {
  std::vector<model::FoundRun> told;
  // The newest first: where there are two with processes, that one is the service's.
  for (auto found = leaves.rbegin(); found != leaves.rend(); ++found) {
    if (!is_live(*found)) {
      over_.push_back(std::move(found->leaf));
    } else if (slots_[found->service.index].live) {
      // Nothing explains it. It is asked to go, and goes with the tree at the latest.
      parts_.trouble("what is in " + found->leaf.path() +
                     " belongs to no run that is known: it gets SIGTERM");
      static_cast<void>(found->leaf.signal_all(SIGTERM));
      over_.push_back(std::move(found->leaf));
    } else {
      told.push_back({.service = found->service,
                      .run = found->run,
                      .pid = pid_of(*found),
                      .rung_done = is_rung_done(*found),
                      .was_ready = found->was_ready});
      go_on_with(std::move(*found));
    }
  }
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    if (!slots_[i].live) parts_.rows.clear({i});
    take_pipes_over({i}, held);
  }
  // Before the next runs' are made, which may have the same names.
  remove_empty(over_);
  tidy();
  return told;
}

/// Of a run that is over both its exit and its empty leaf are part of the state.
bool Runs::is_live(const FoundLeaf& found) const {
  return found.populated || pid_of(found) != 0;
}

/// The main process, where its exit is not part of the state; the table forgets it before that is saved.
int Runs::pid_of(const FoundLeaf& found) const {
  const model::Run* const run = model::run_of(stack_.service(found.service).phase);
  if (run == nullptr || run->number != found.run) return found.pid;
  if (run->exit) return 0;
  return run->pid != 0 ? run->pid : found.pid;
}

/// The step that asks for it is saved before it is done. Nobody is left to be asked where the leaf is empty.
bool Runs::is_rung_done(const FoundLeaf& found) const {
  const auto* const stopping = std::get_if<model::Stopping>(&stack_.service(found.service).phase);
  return stopping == nullptr || !found.populated || found.rungs_done > stopping->rung;
}

void Runs::go_on_with(FoundLeaf found) {
  const ServiceId service = found.service;
  const RunNumber run = found.run;
  const int pid = pid_of(found);
  const auto known = parts_.rows.find(service, found.leaf.path());
  auto* const row = known ? known->pid : parts_.rows.prepare(stack_, service, found.leaf.path());
  row->store(pid);
  const bool timestamps = stack_.spec(service).timestamps;
  auto& live = slots_[service.index].live;
  live.emplace(Live{Material{run, std::move(found.leaf), Fd(), 0, timestamps}, 0, row, nullptr, 0});
  // What was killed before has been told.
  if (found.populated) static_cast<void>(killed_for_memory(service));
  if (pid != 0)
    live->ticket = parts_.children.adopt(pid, handlers_of(service, run));
  else
    live->watch = std::make_unique<LeafWatch>(parts_.loop, live->made.leaf,
                                              [this, service, run] { emptied(service, run); });
}

void Runs::take_pipes_over(ServiceId service, Held& held) {
  const model::ServiceSpec& spec = stack_.spec(service);
  auto& live = slots_[service.index].live;
  for (std::uint64_t place = 0; place < wire::log_slots_of_service; ++place) {
    const std::int32_t slot = wire::log_slot(service.index, place);
    Fd pipe = held.take(slot);
    if (!pipe.valid()) continue;
    auto log = read_pipe(service, slot, std::move(pipe));
    if (!log)
      parts_.trouble(spec.name + ".log: " + log.error().what);
    else if (live && wire::log_slot(service.index, live->made.run.value) == slot)
      live->made.log = log.value();
    else
      parts_.logs.finish(log.value());
  }
}

Result<linux_os::LogCapture::PipeNumber> Runs::read_pipe(ServiceId service, std::int32_t slot, Fd pipe) {
  const model::ServiceSpec& spec = stack_.spec(service);
  auto log = parts_.logs.add(
      {.service = spec.name, .timestamps = spec.timestamps, .id = static_cast<std::uint64_t>(slot)},
      std::move(pipe));
  if (log) ++pipes_[slot];
  return log;
}

void Runs::pipe_closed(std::int32_t slot) {
  const auto read = pipes_.find(slot);
  if (read == pipes_.end() || --read->second > 0) return;
  pipes_.erase(read);
  parts_.anchor.drop(slot);
}

Result<Runs::Material> Runs::make(ServiceId service, RunNumber run) {
  const model::ServiceSpec& spec = stack_.spec(service);
  auto leaf = linux_os::Leaf::make(parts_.tree.service(spec.name) + "/" + std::to_string(run.value));
  if (!leaf) return leaf.error();
  auto pipe = linux_os::LogPipe::make();
  // If we are gone and the run goes on until the anchor has stopped it, it must not die of what it writes.
  // Where this fails it may, and nothing worse.
  const std::int32_t slot = wire::log_slot(service.index, run.value);
  if (pipe) static_cast<void>(parts_.anchor.hold(slot, pipe.value().read.get()));
  auto log = pipe ? read_pipe(service, slot, std::move(pipe.value().read)) : pipe.error();
  if (log)
    return Material{run, std::move(leaf).value(), std::move(pipe.value().write), log.value(),
                    spec.timestamps};
  static_cast<void>(leaf.value().remove());
  return log.error();
}

bool Runs::is_made_ahead(ServiceId service, RunNumber run) const {
  const auto& ahead = slots_[service.index].ahead;
  return ahead && ahead->run == run;
}

Result<Runs::Material> Runs::take(ServiceId service, RunNumber run) {
  auto& ahead = slots_[service.index].ahead;
  if (is_made_ahead(service, run)) {
    Material material = std::move(*ahead);
    ahead.reset();
    return material;
  }
  return make(service, run);
}

/// Whether an elder run's lines are still on their way into the file, and its pipe is held where that of
/// `run` would be: it must not give way to it, since this engine may die before they are there.
bool Runs::is_log_taken(ServiceId service, RunNumber run) const {
  return pipes_.contains(wire::log_slot(service.index, run.value));
}

void Runs::spawn(ServiceId service, RunNumber run) {
  if (!is_made_ahead(service, run) && is_log_taken(service, run)) return postpone(service, run);
  auto material = take(service, run);
  without_ahead_.push_back(service);
  if (!material)
    return happened_(model::SpawnFailed{service, run, material.error().code, material.error().what});
  auto& slot = slots_[service.index];
  auto* pid = parts_.rows.prepare(stack_, service, material.value().leaf.path());
  slot.live.emplace(Live{std::move(material).value(), 0, pid, nullptr, 0});
  slot.live->ticket = parts_.children.start(order_of(service, *slot.live), handlers_of(service, run));
}

void Runs::postpone(ServiceId service, RunNumber run) {
  postponed_.push_back({service, run});
  parts_.trouble(stack_.spec(service).name +
                 ": its start waits until the lines of an earlier run are in its log");
}

void Runs::spawn_postponed() {
  for (const Postponed& each : std::exchange(postponed_, {})) {
    if (std::holds_alternative<model::Stopping>(stack_.service(each.service).phase))
      refuse(each.service, each.run, "it was stopped before it was born");
    else if (is_log_taken(each.service, each.run))
      postponed_.push_back(each);
    else
      parts_.spawn_again(each.service, each.run);
  }
}

void Runs::refuse(ServiceId service, RunNumber run, std::string why) {
  if (is_made_ahead(service, run)) {
    auto& ahead = slots_[service.index].ahead;
    buried_.push_back(std::move(*ahead));
    ahead.reset();
  }
  without_ahead_.push_back(service);
  happened_(model::SpawnRefused{service, run, std::move(why)});
}

linux_os::LaunchOrder Runs::order_of(ServiceId service, const Live& live) const {
  linux_os::LaunchOrder order;
  order.program = stack_.spec(service).program;
  if (const std::string notify = parts_.notify.environment(service); !notify.empty())
    order.extra_environment.push_back(notify);
  order.output = live.made.log_end.get();
  order.sockets = parts_.sockets.of(service);
  order.cgroup_fd = live.made.leaf.directory_fd();
  order.pid_at_birth = live.pid;
  return order;
}

ChildHandlers Runs::handlers_of(ServiceId service, RunNumber run) {
  return {.started =
              [this, service, run](pid_t pid) {
                happened_(model::SpawnSucceeded{service, run, pid});
              },
          .exited = [this, service, run](model::ExitStatus status) { exited(service, run, status); },
          .failed =
              [this, service, run](const Error& error) {
                bury(service);
                happened_(model::SpawnFailed{service, run, error.code, error.what});
              },
          .refused =
              [this, service, run](const Error& error) {
                bury(service);
                happened_(model::SpawnRefused{service, run, error.what});
              }};
}

void Runs::exited(ServiceId service, RunNumber run, model::ExitStatus status) {
  parts_.rows.forget_pid(service);
  Live* present = live(service, run);
  // The kernel counts a kill before it makes it. Those of others are told first: with the exit the run may be
  // over.
  const unsigned killed = killed_for_memory(service);
  status.oom = killed > 0 && status.signal == SIGKILL;
  if (killed > 0 && !status.oom) happened_(model::ProcessesKilled{service, run, killed});
  // Asked at once: the kernel may hold the notification of cgroup.events back, and most runs leave nothing.
  // Told before the exit, so that the run is over in one step.
  const auto populated = present->made.leaf.populated();
  if (populated && !populated.value())
    emptied(service, run);
  else
    present->watch = std::make_unique<LeafWatch>(parts_.loop, present->made.leaf,
                                                 [this, service, run] { emptied(service, run); });
  happened_(model::ProcessExited{service, run, status});
}

void Runs::emptied(ServiceId service, RunNumber run) {
  if (live(service, run) == nullptr) return;
  bury(service);
  happened_(model::LeafEmptied{service, run});
}

void Runs::bury(ServiceId service) {
  auto& slot = slots_[service.index];
  parts_.rows.forget_pid(service);
  parts_.rows.clear(service);
  buried_.push_back(std::move(slot.live->made));
  slot.live.reset();
}

Runs::Live* Runs::live(ServiceId service, RunNumber run) {
  auto& slot = slots_[service.index];
  return slot.live && slot.live->made.run == run ? &*slot.live : nullptr;
}

void Runs::signal(ServiceId service, RunNumber run, int signal, bool to_all) {
  const Live* present = live(service, run);
  if (present == nullptr) return;
  // What cannot be signalled is gone, or is met by the next rung.
  if (to_all)
    static_cast<void>(present->made.leaf.signal_all(signal));
  else
    static_cast<void>(parts_.children.signal(present->ticket, signal));
}

void Runs::rung_done(ServiceId service, RunNumber run) {
  const auto* const stopping = std::get_if<model::Stopping>(&stack_.service(service).phase);
  if (stopping != nullptr && live(service, run) != nullptr) parts_.rows.note_rung(service, stopping->rung);
}

void Runs::kill(ServiceId service, RunNumber run) {
  if (const Live* present = live(service, run)) static_cast<void>(present->made.leaf.kill());
}

bool Runs::is_member(ServiceId service, int pid, std::string_view cgroup) const {
  const auto& present = slots_[service.index].live;
  if (!present) return false;
  return parts_.tree.is_in(cgroup, present->made.leaf.path()) || (pid != 0 && pid == present->pid->load());
}

std::optional<RunNumber> Runs::present(ServiceId service) const {
  const auto& present = slots_[service.index].live;
  return present ? std::optional(present->made.run) : std::nullopt;
}

int Runs::main_pid(ServiceId service) const {
  const auto& present = slots_[service.index].live;
  return present ? present->pid->load() : 0;
}

unsigned Runs::killed_for_memory(ServiceId service) {
  auto& present = slots_[service.index].live;
  if (!present) return 0;
  // A leaf is one run's alone: it counts from 0.
  const auto killed = linux_os::counter_in(present->made.leaf.path(), "memory.events", "oom_kill");
  const std::uint64_t before = present->killed;
  present->killed = std::max(before, killed.value_or(before));
  return static_cast<unsigned>(present->killed - before);
}

void Runs::make_room(std::size_t services) {
  if (services > slots_.size()) slots_.resize(services);
}

void Runs::respecified() {
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    const model::ServiceSpec& spec = stack_.spec({i});
    auto& ahead = slots_[i].ahead;
    if (ahead && (spec.removed || ahead->timestamps != spec.timestamps)) {
      buried_.push_back(std::move(*ahead));
      ahead.reset();
    }
    if (!ahead) without_ahead_.push_back({i});
  }
}

bool Runs::may_run(ServiceId service) const {
  const model::ServiceSpec& spec = stack_.spec(service);
  return !spec.removed && spec.external.empty();
}

void Runs::tidy() {
  for (Material& material : buried_) {
    // Our copy of the write end held back the end of the pipe, so that nobody was woken by the death of the
    // run.
    material.log_end.reset();
    parts_.logs.finish(material.log);
    over_.push_back(std::move(material.leaf));
  }
  buried_.clear();
  remove_empty(over_);
  spawn_postponed();
  for (const ServiceId service : std::exchange(without_ahead_, {})) {
    if (slots_[service.index].ahead || !may_run(service)) continue;
    const RunNumber next = stack_.service(service).last_run.next();
    if (is_log_taken(service, next)) {
      without_ahead_.push_back(service);
      continue;
    }
    // A failure here is met again, and told, when the run is to start.
    auto material = make(service, next);
    if (material) slots_[service.index].ahead.emplace(std::move(material).value());
  }
}

} // namespace holdfast::engine
