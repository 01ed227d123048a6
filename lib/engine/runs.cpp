#include "engine/runs.h"

#include "wire/held.h"

#include <algorithm>
#include <csignal>

namespace holdfast::engine {

Runs::Runs(Parts parts, const model::Stack& stack, Happened happened)
    : parts_(parts), stack_(stack), happened_(std::move(happened)), slots_(stack.size()) {
  for (std::uint32_t i = 0; i < stack.size(); ++i)
    without_ahead_.push_back({i});
  tidy();
}

Result<Runs::Material> Runs::make(ServiceId service, RunNumber run) const {
  const model::ServiceSpec& spec = stack_.spec(service);
  auto leaf = linux_os::Leaf::make(parts_.tree.service(spec.name) + "/" + std::to_string(run.value));
  if (!leaf) return leaf.error();
  auto pipe = linux_os::LogPipe::make();
  // If we are gone and the run goes on until the anchor has stopped it, it must not die of what it writes.
  // Where this fails it may, and nothing worse.
  if (pipe)
    static_cast<void>(parts_.anchor.hold(wire::log_slot(service.index, run.value), pipe.value().read.get()));
  auto log = pipe ? parts_.logs.add(spec.name, spec.timestamps, std::move(pipe.value().read)) : pipe.error();
  if (log)
    return Material{run, std::move(leaf).value(), std::move(pipe.value().write), log.value(),
                    spec.timestamps};
  static_cast<void>(leaf.value().remove());
  return log.error();
}

Result<Runs::Material> Runs::take(ServiceId service, RunNumber run) {
  auto& ahead = slots_[service.index].ahead;
  if (ahead && ahead->run == run) {
    Material material = std::move(*ahead);
    ahead.reset();
    return material;
  }
  return make(service, run);
}

void Runs::spawn(ServiceId service, RunNumber run) {
  auto material = take(service, run);
  without_ahead_.push_back(service);
  if (!material)
    return happened_(model::SpawnFailed{service, run, material.error().code, material.error().what});
  auto& slot = slots_[service.index];
  auto* pid = parts_.rows.prepare(stack_, service, material.value().leaf.path());
  slot.live.emplace(Live{std::move(material).value(), 0, pid, nullptr, 0});
  slot.live->ticket = parts_.children.start(order_of(service, *slot.live), handlers_of(service, run));
}

void Runs::refuse(ServiceId service, RunNumber run, std::string why) {
  if (auto& ahead = slots_[service.index].ahead; ahead && ahead->run == run) {
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
  for (const ServiceId service : std::exchange(without_ahead_, {})) {
    if (slots_[service.index].ahead || !may_run(service)) continue;
    // A failure here is met again, and told, when the run is to start.
    auto material = make(service, stack_.service(service).last_run.next());
    if (material) slots_[service.index].ahead.emplace(std::move(material).value());
  }
}

} // namespace holdfast::engine
