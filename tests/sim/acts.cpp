// What is done to the stack of an episode from outside.
#include "episode.h"

#include "model/merge.h"
#include "model/saved_parts.h"
#include "public_state.h"
#include "random_spec.h"

#include <algorithm>
#include <utility>

namespace holdfast::sim {

using namespace model;

void Episode::start_stack() {
  deliver(StackStarted{done_before()});
}

void Episode::act() {
  const Act act = hostility_.take();
  switch (act.kind) {
  case ActKind::none: break;
  case ActKind::command: command(act); break;
  case ActKind::door: deliver(DoorAsked{act.on, "root"}); break;
  case ActKind::pressure: deliver(PressureSeen{act.on}); break;
  case ActKind::suspend:
    if (!watchers_.wall_clock_stays) now_.wall += act.span;
    deliver(MachineWoke{act.span});
    break;
  case ActKind::reload: reload(act); break;
  case ActKind::kill_main: kill_main(act); break;
  case ActKind::memory: turn_memory({static_cast<std::uint32_t>(act.seed % stack_.size())}, act.on); break;
  case ActKind::condition: turn_condition(act); break;
  case ActKind::set_wall_clock:
    if (!watchers_.wall_clock_stays) now_.wall += act.span;
    break;
  case ActKind::engine_stalls: pass_until(now_.mono + act.span); break;
  case ActKind::engine_dies:
    if (!engine_dies_) engine_dies_ = act;
    break;
  }
  if (!over()) hostility_.plan(now_.mono, stack_.next_deadline(), machine_.next());
}

std::vector<ServiceId> Episode::chosen(const Act& act) const {
  std::vector<ServiceId> services;
  for (std::uint64_t i = 0; i < act.services; ++i) {
    const ServiceId id{static_cast<std::uint32_t>(mixed(act.seed + i) % stack_.size())};
    const bool is_new = std::find(services.begin(), services.end(), id) == services.end();
    if (!stack_.spec(id).removed && is_new) services.push_back(id);
  }
  return services;
}

void Episode::command(const Act& act) {
  std::vector<ServiceId> services = chosen(act);
  if (services.empty() && act.services > 0) return;
  deliver(CommandAsked{act.verb, std::move(services), "root"});
}

void Episode::kill_main(const Act& act) {
  machine_.kill_main({static_cast<std::uint32_t>(act.seed % stack_.size())}, now_.mono);
}

void Episode::turn_memory(ServiceId service, bool is_short) {
  const bool is_born = has_run(stack_, service) && run_of(stack_.service(service).phase)->pid != 0;
  if (is_born && !is_external(stack_, service))
    deliver(MemoryShort{service, stack_.service(service).last_run, is_short});
}

void Episode::turn_condition(const Act& act) {
  const std::size_t conditions = stack_.spec().conditions.size();
  if (conditions == 0) return;
  machine_.set_condition(static_cast<std::uint32_t>(act.seed % conditions), act.on, now_.mono);
}

void Episode::reload(const Act& act) {
  // Then the engine takes no new configuration.
  if (stack_.shutting_down()) return;
  configured_ = mutated(decisions_, std::move(configured_), hostility_.taken());
  const StackSpec next = mirrored_ ? mirrored(configured_) : configured_;
  const auto before = std::exchange(spec_, std::make_shared<const StackSpec>(merged(*spec_, next)));
  check(find_cycle(*spec_).empty(), "a merged configuration has a cycle");
  if (broken()) return;
  machine_.change_spec(spec_, now_.mono);
  std::vector<ServiceId> changed;
  for (std::uint32_t i = 0; i < spec_->services.size(); ++i)
    if (spec_->services[i].reload && !spec_->services[i].removed && mixed(act.seed + i) % 2 == 0)
      changed.push_back({i});
  const MonoTime asked = now_.mono;
  deliver(ConfigurationChanged{spec_, std::move(changed), done_before(), "root"});
  for (std::uint32_t i = 0; i < before->services.size() && !over(); ++i) {
    const bool changed_program = before->services[i].program != spec_->services[i].program;
    const bool stays = has_run(stack_, {i}) && !is_stopping(stack_, {i}) && !stack_.service({i}).leaving;
    const bool is_new =
        run_of(stack_.service({i}).phase) != nullptr && run_of(stack_.service({i}).phase)->spawned >= asked;
    check(!changed_program || !stays || is_new, spec_->services[i].name + ": goes on with its old program");
  }
}

void Episode::remember(const RememberDone& done) {
  const ServiceSpec& spec = stack_.spec(done.service);
  std::erase_if(done_, [&](const auto& known) { return known.first == spec.name; });
  done_.emplace_back(spec.name, spec.program);
}

std::vector<ServiceId> Episode::done_before() const {
  std::vector<ServiceId> done;
  for (std::uint32_t i = 0; i < spec_->services.size(); ++i) {
    const ServiceSpec& spec = spec_->services[i];
    const bool is_known = std::any_of(done_.begin(), done_.end(), [&](const auto& known) {
      return known.first == spec.name && known.second == spec.program;
    });
    if (is_known && spec.task == TaskRun::once && !spec.removed) done.push_back({i});
  }
  return done;
}

void Episode::kill_engine() {
  const Act death = *std::exchange(engine_dies_, std::nullopt);
  const bool no_state = !go_on(death);
  coverage_.note(no_state ? Rung::engine_without_state : Rung::engine_returned);
  if (watchers_.history != nullptr)
    watchers_.history->note(std::string("                    the engine dies here") +
                            (no_state ? ", and its state with it" : ""));
  machine_.engine_dies(now_.mono);
  pass_until(now_.mono + death.span);
  if (no_state) {
    stack_ = Stack(spec_, now_);
    books_.begin_anew(stack_);
  }
  if (watchers_.recording != nullptr) watchers_.recording->begin(stack_);
  EngineReturned returned = machine_.engine_returns(now_.mono, stack_);
  returned.done = done_before();
  note_found(returned, no_state);
  if (death.again > 0) end_soon(death);
  deliver(returned);
}

void Episode::note_found(const EngineReturned& returned, bool no_state) {
  for (const FoundRun& found : returned.found) {
    if (!found.rung_done) coverage_.note(Rung::rung_lost);
    if (found.was_ready && no_state) coverage_.note(Rung::ready_found);
  }
  for (std::uint32_t i = 0; no_state && i < returned.used.size(); ++i)
    if (!machine_.lives({i}) && returned.used[i].value > 0) coverage_.note(Rung::number_found);
}

void Episode::end_soon(Act death) {
  --death.again;
  death.seed = mixed(death.seed);
  death.count = static_cast<unsigned>(death.seed % 3);
  death.on = mixed(death.seed) % 8 == 0;
  engine_dies_ = death;
}

bool Episode::go_on(const Act& death) {
  if (death.on) return false;
  PartWriter bytes;
  SavedParts saved = parts_of(stack_, bytes);
  // What is not whole is refused before it gets here; a part that ends too early stands for what is not.
  const bool damaged = death.seed % 16 == 0;
  if (damaged) {
    std::string_view& part = saved.services[mixed(death.seed) % saved.services.size()];
    part = part.substr(0, mixed(death.seed + 1) % part.size());
    coverage_.note(Rung::state_refused);
  }
  auto restored = restore(saved);
  check(!damaged || !restored.ok(), "a damaged state was taken");
  if (!restored.ok()) {
    check(damaged, "a saved state was refused: " + restored.error().what);
    return false;
  }
  stack_ = std::move(restored).value();
  check(stack_.spec() == *spec_, "a saved configuration is another");
  PartWriter again;
  static_cast<void>(parts_of(stack_, again));
  check(again.bytes() == bytes.bytes(), "what was saved and restored is saved otherwise");
  return true;
}

} // namespace holdfast::sim
