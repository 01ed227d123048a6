#pragma once

#include "engine/command_memory.h"
#include "engine/control_port.h"
#include "model/stack.h"
#include "model/words.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::test {

/// A real model behind the port, and a test in the place of the processes.
class FakePort : public engine::ControlPort {
public:
  explicit FakePort(model::StackSpec spec)
      : stack_(std::make_shared<const model::StackSpec>(std::move(spec)), now()) {}

  const model::Stack& stack() const override { return stack_; }
  engine::ServiceFacts facts(ServiceId service) const override {
    const auto found = facts_.find(service.index);
    return found == facts_.end() ? engine::ServiceFacts{} : found->second;
  }
  std::uint64_t log_lines_dropped(ServiceId service) const override {
    const auto found = dropped_.find(service.index);
    return found == dropped_.end() ? 0 : found->second;
  }
  std::vector<std::string> last_lines(ServiceId, std::size_t most) const override {
    std::vector<std::string> lines = lines_;
    if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most));
    return lines;
  }
  void ask(const model::CommandAsked& command, const engine::CommandTicket& ticket) override {
    asked_.push_back(command);
    commands_.add({.ticket = ticket, .awaited = {command}});
    feed(command);
  }
  void ask(const model::DoorAsked& asked, const engine::CommandTicket& ticket) override {
    doors_asked_.push_back(asked);
    commands_.add({.ticket = ticket, .awaited = {}});
    feed(asked);
  }
  std::optional<engine::AcceptedCommand> accepted(CommandId id) const override { return commands_.find(id); }
  void plan(std::function<void(wire::PlanView)> told) override { plan_told_ = std::move(told); }
  void reload(const std::string& by, const engine::CommandTicket& ticket,
              std::function<void(const engine::Reloaded&)> told) override {
    reload_by_ = by;
    reload_ticket_ = ticket;
    reload_told_ = std::move(told);
  }
  std::vector<ServiceId> listed() const override {
    std::vector<ServiceId> all;
    for (std::uint32_t i = 0; i < stack_.size(); ++i)
      all.push_back({i});
    return all;
  }
  std::vector<wire::VolumeStatus> volumes() const override { return volumes_; }
  void adopt(const std::string& volume, const std::string& by, CommandId id,
             std::function<void(const engine::Adopted&)> told) override {
    adopted_ = volume + " by " + by;
    adopt_id_ = id;
    adopt_told_ = std::move(told);
  }
  void upgrade(const std::string& by, const engine::CommandTicket& ticket,
               std::function<void(std::string)> told) override {
    upgrade_by_ = by;
    commands_.add({.ticket = ticket, .awaited = {}});
    upgrade_told_ = std::move(told);
  }
  engine::Upgraded upgraded() const override { return upgraded_; }
  void audit(const wire::AuditLine& line) override { audit_.push_back(wire::encode(line)); }
  std::optional<WallTime> changed_on_disk() const override { return changed_on_disk_; }
  const std::deque<engine::EventRecord>& events() const override { return events_; }
  engine::FiledEvents filed() const override { return filed_; }
  void set_filed(const engine::FiledEvents& filed) override { filed_ = filed; }
  void on_change(std::function<void()> changed) override { changed_ = std::move(changed); }

  void feed(const model::Event& event) {
    time_ += std::chrono::milliseconds(10);
    model::Actions actions;
    model::step(stack_, event, now(), actions);
    for (const model::Action& action : actions)
      record(action);
    const std::vector<ServiceId> looks = std::exchange(looks_, {});
    for (const ServiceId id : looks)
      feed(model::RequirementsSeen{.service = id, .missing = {}});
    if (changed_) changed_();
  }
  void run(ServiceId id, int pid) {
    feed(model::SpawnSucceeded{.service = id, .run = stack_.service(id).last_run, .pid = pid});
  }
  void exit(ServiceId id, model::ExitStatus status) {
    const RunNumber run = stack_.service(id).last_run;
    feed(model::ProcessExited{.service = id, .run = run, .status = status});
    feed(model::LeafEmptied{.service = id, .run = run});
  }
  void add_event(std::string service, std::string why) {
    engine::EventRecord event;
    event.sequence = ++sequence_;
    event.time = now().wall;
    event.service = std::move(service);
    event.run = 1;
    event.from = "starting";
    event.to = "ready";
    event.why = std::move(why);
    event.took = std::chrono::milliseconds(51);
    events_.push_back(std::move(event));
  }
  void drop_oldest_events(std::size_t keep) {
    while (events_.size() > keep)
      events_.pop_front();
  }
  void tell_change() { changed_(); }

  std::vector<model::CommandAsked> asked_;
  std::vector<model::DoorAsked> doors_asked_;
  engine::CommandMemory commands_;
  engine::CommandTicket reload_ticket_;
  CommandId adopt_id_;
  std::map<std::uint32_t, engine::ServiceFacts> facts_;
  std::map<std::uint32_t, std::uint64_t> dropped_;
  std::vector<std::string> lines_;
  std::optional<WallTime> changed_on_disk_;
  std::function<void(wire::PlanView)> plan_told_; ///< a test answers
  engine::FiledEvents filed_;
  std::string reload_by_;
  std::vector<wire::VolumeStatus> volumes_;
  std::string adopted_;
  std::function<void(const engine::Adopted&)> adopt_told_; ///< a test answers
  std::function<void(const engine::Reloaded&)> reload_told_;
  std::string upgrade_by_;
  std::function<void(std::string)> upgrade_told_; ///< a test answers
  std::vector<std::string> audit_;                ///< the log of commands
  engine::Upgraded upgraded_ = engine::Upgraded::none;

private:
  Now now() const {
    return {.mono = MonoTime(std::chrono::hours(1)) + time_,
            .wall = WallTime(std::chrono::seconds(1795503210)) + time_};
  }
  void record(const model::Action& action) {
    if (const auto* look = std::get_if<model::LookAtRequirements>(&action)) looks_.push_back(look->service);
    const auto* phase = std::get_if<model::ReportPhase>(&action);
    if (phase == nullptr) return;
    add_event(stack_.spec(phase->service).name, model::words(stack_, phase->why));
    events_.back().from = model::word(phase->from);
    events_.back().to = model::word(phase->to);
  }

  Duration time_{};
  model::Stack stack_;
  std::vector<ServiceId> looks_;
  std::deque<engine::EventRecord> events_;
  std::uint64_t sequence_ = 0;
  std::function<void()> changed_;
};

/// redis, and worker that needs it; both are ready as soon as they run.
inline model::StackSpec two_services() {
  model::StackSpec stack;
  stack.name = "repository";
  stack.log_directory = "/var/log/somewhere";
  for (const char* name : {"redis", "worker"}) {
    model::ServiceSpec service;
    service.name = name;
    service.ready.running = Duration{};
    stack.services.push_back(std::move(service));
  }
  stack.services[1].needs = {{.on = {0}}};
  stack.services[1].critical = false;
  stack.stop_within = std::chrono::minutes(2);
  return stack;
}

constexpr ServiceId redis{0};
constexpr ServiceId worker{1};

} // namespace holdfast::test
