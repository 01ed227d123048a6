#include "engine/engine.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/signals.h"
#include "engine/log_rules.h"
#include "engine/service_facts.h"
#include "linux/utf8.h"
#include "model/words.h"
#include "wire/held.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace holdfast::engine {
namespace {

/// The last lines of a text whose first line may be only the end of one.
std::vector<std::string> last_of(std::string_view text, std::size_t most, bool first_is_cut) {
  std::vector<std::string> lines;
  if (first_is_cut) text.remove_prefix(std::min(text.size(), text.find('\n') + 1));
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most));
  return lines;
}

model::Stack stack_of(Arrival& arrival) {
  if (arrival.stack) return std::move(*arrival.stack);
  return model::Stack(arrival.spec, Now{read_mono(), read_wall(), 0});
}

} // namespace

Engine::Engine(boost::asio::io_context& loop, Options options)
    : loop_(loop), table_(*options.last_stop), lock_(std::move(options.arrival.premises.lock)),
      log_directory_(std::move(options.arrival.premises.log_directory)),
      tree_(std::move(options.arrival.premises.tree)), remembers_(options.arrival.stack.has_value()),
      stack_(stack_of(options.arrival)), comes_back_(options.arrival.comes_back),
      version_(std::move(options.version)), state_(std::move(options.arrival.state)),
      events_memory_(options.arrival.events.fd()), log_(std::move(options.arrival.events)),
      facts_(options.arrival.facts), log_hold_{options.arrival.logs.memory.get(),
                                               options.arrival.logs.receipt_read.get(),
                                               options.arrival.logs.receipt_write.get()},
      rows_(*options.last_stop), door_(loop, stack_.spec().runtime, stack_.door_open(),
                                       [this](std::string line) { report_.trouble(line); }),
      anchor_(loop, options.anchor_socket,
              {.exited =
                   [this](int pid, model::ExitStatus status) {
                     children_.exited(pid, status);
                     // Not posted: a restart waits for it.
                     turn();
                   },
               .signalled = [this](int signal) { signalled(signal); },
               .not_upgraded = [this](const std::optional<model::ExitStatus>& trial,
                                      int error) { upgrade_.not_upgraded(trial, error); },
               .gone = [this] { anchor_gone(); }}),
      upgrade_(anchor_, table_.life, std::move(options.upgrade)),
      logs_(std::make_unique<linux_os::LogCapture>(linux_os::LogCapture::Options{
          .directory_fd = log_directory_.get(),
          .rules = log_rules(stack_.spec()),
          .trouble = [this](std::string line) { trouble_elsewhere(std::move(line)); },
          .hold = std::move(options.arrival.logs),
          .closed =
              [this](std::uint64_t pipe) {
                boost::asio::post(loop_, [this, pipe] {
                  runs_.pipe_closed(static_cast<std::int32_t>(pipe));
                  post_tidy();
                });
              },
          .rotated = [this] { boost::asio::post(loop_, [this] { archives_.rotated(); }); },
          .full = [this] { boost::asio::post(loop_, [this] { archives_.full(); }); },
          .stack = stack_.spec().name})),
      audit_({*logs_, anchor_, [this](const std::string& line) { report_.trouble(line); }}),
      recorder_({.directory = stack_.spec().state + "/record",
                 .trouble = [this](std::string line) { trouble_elsewhere(std::move(line)); }}),
      notify_(loop,
              {.is_member = [this](ServiceId service, int pid,
                                   std::string_view cgroup) { return runs_.is_member(service, pid, cgroup); },
               .notified = [this](ServiceId service,
                                  const linux_os::Notification& said) { notified(service, said); }}),
      sockets_(stack_,
               {.anchor = {.hold = [this](std::int32_t place,
                                          int fd) { return anchor_.hold(wire::listening_slot(place), fd); },
                           .drop = [this](std::int32_t place) { anchor_.drop(wire::listening_slot(place)); },
                           .places = wire::listening_slots},
                .trouble = [this](const std::string& line) { report_.trouble(line); }}),
      // An exit that came before the answer to its launch is accounted for with that answer, and no event may
      // follow of it.
      children_(loop,
                [this](int pid) {
                  to_reap_.push_back(pid);
                  post_turn();
                }),
      runs_({loop, anchor_, children_, tree_, *logs_, notify_, rows_, sockets_,
             [this](std::string line) { report_.trouble(line); },
             [this](ServiceId service, RunNumber run) {
               carry_out(model::Spawn{service, run});
             }},
            stack_, [this](model::Event event) { happened(std::move(event)); }),
      limit_watch_({loop, tree_, runs_}, stack_, [this](model::Event event) { happened(std::move(event)); }),
      memory_pressure_({loop, tree_, runs_}, stack_,
                       [this](model::Event event) { happened(std::move(event)); }),
      side_programs_(loop, children_, tree_),
      helpers_(side_programs_, tree_, stack_, [this](model::Event event) { happened(std::move(event)); }),
      archives_({loop, side_programs_, tree_},
                {.program = std::move(options.archive_tidier),
                 .directory = log_directory_.get(),
                 .lock = stack_.spec().runtime + "/log-archives.lock"},
                {.note = [this](const std::string& line) { report_.note(line); },
                 .trouble = [this](const std::string& line) { report_.trouble(line); }}),
      observer_(loop, children_, tree_, std::move(options.observer),
                {.told = [this](std::string what) { tell_of_stack(std::move(what)); },
                 .said = [this](const std::string& line) { report_.note(line); }}),
      observed_(observer_, stack_, [this](model::Event event) { happened(std::move(event)); }),
      done_(stack_.spec().state + "/tasks-done"),
      configuration_(loop, {.file = std::move(options.file),
                            .read = std::move(options.read),
                            .can_run = [this](const model::StackSpec& spec) { return can_run(spec); },
                            .accepted = std::move(options.arrival.accepted),
                            .kept = std::move(options.arrival.kept)}),
      conditions_({loop, side_programs_, tree_}, stack_,
                  {.looker = std::move(options.looker), .memory = stack_.spec().state + "/volumes"},
                  {.happened = [this](model::Event event) { happened(std::move(event)); },
                   .told = [this](std::string what) { tell_of_stack(std::move(what)); },
                   .on_disk = [this](std::function<void()> job) { configuration_.later(std::move(job)); }}),
      reloader_({configuration_, done_, tree_, notify_, runs_, rows_, *logs_, report_, anchor_}, stack_,
                {.step = [this](model::Event event,
                                AcceptedCommand command) { take_now(std::move(event), std::move(command)); },
                 .tell =
                     [this](EventRecord record) {
                       record.time = read_wall();
                       add_event(std::move(record));
                       tell_soon();
                     },
                 .trouble_elsewhere = [this](std::string line) { trouble_elsewhere(std::move(line)); },
                 .respecified =
                     [this] {
                       limit_watch_.respecified();
                       memory_pressure_.respecified();
                       conditions_.respecified();
                       archives_.respecified(stack_.spec().log_archives);
                       sockets_.respecified();
                       settle_observer();
                     }}),
      timer_(loop), tell_timer_(loop), pulse_(loop, table_.life) {
  rows_.set_place(tree_.place());
  rows_.set_stack(tree_.stack(), tree_.observer(), door_flag(stack_.spec().runtime));
  for (const std::string& line : options.arrival.found)
    report_.trouble(line);
}

Status Engine::open(Held& held) {
  if (auto read = done_.read(); !read) return read;
  if (!facts_.commands.empty())
    if (auto restored = commands_.restore(facts_.commands, stack_.spec()); !restored)
      report_.trouble(restored.error().what);
  if (auto opened = conditions_.open(); !opened) return opened;
  if (auto can = can_run(stack_.spec()); !can) return can;
  if (auto opened = reloader_.open_sockets(stack_.spec(), held); !opened) return opened;
  find_listening_sockets(held);
  audit_.open(held);
  if (comes_back_)
    found_ = runs_.come_back(find_leaves(tree_, stack_.spec(), rows_), held);
  else
    runs_.begin();
  return leave_with_anchor();
}

void Engine::find_listening_sockets(Held& held) {
  for (std::int32_t place = 0; place < wire::listening_slots; ++place)
    if (const auto slot = wire::listening_slot(place); held.has(slot))
      sockets_.find_again(place, held.take(slot));
}

/// The state comes last: with it there is something for the next engine to come back to.
Status Engine::leave_with_anchor() {
  stack_.take_changed(changed_services_);
  state_.set_facts(encode(facts_));
  if (auto saved = state_.save(stack_, changed_services_); !saved) return saved;
  const std::pair<std::int32_t, int> left[] = {{wire::lock_slot, lock_.get()},
                                               {wire::configuration_slot, configuration_.kept_memory()},
                                               {wire::events_slot, events_memory_},
                                               {wire::logs_slot, log_hold_[0]},
                                               {wire::receipt_read_slot, log_hold_[1]},
                                               {wire::receipt_write_slot, log_hold_[2]},
                                               {wire::observer_slot, observer_.program()},
                                               {wire::state_slot, state_.fd()}};
  for (const auto& [slot, descriptor] : left)
    if (descriptor < 0)
      anchor_.drop(slot);
    else if (auto held = anchor_.hold(slot, descriptor); !held)
      return held;
  return Done{};
}

Status Engine::can_run(const model::StackSpec& spec) const {
  return ObservedProbes::are_in(spec) ? observer_.can_run() : Status(Done{});
}

int Engine::run() {
  conditions_.respecified();
  archives_.respecified(stack_.spec().log_archives);
  settle_observer();
  if (comes_back_)
    come_back();
  else
    take_now(model::StackStarted{.done = done_.of(stack_.spec())});
  table_.life.adopted.store(1);
  while (!ended_)
    loop_.run_one();
  archives_.stop();
  // From here on nobody is to come back to this: what follows may take longer than a loop may stand still.
  anchor_.finish(*ended_);
  door_.close();
  sockets_.release_all();
  tell_all();
  // Whoever waits for an answer gets it as far as it can be had without waiting.
  loop_.poll();
  // A task that ended well in the last moment is to be remembered.
  configuration_.drain(std::chrono::seconds(2));
  logs_.reset();
  recorder_.drain(std::chrono::seconds(1));
  if (auto removed = tree_.remove(); !removed) report_.trouble(removed.error().what);
  return *ended_;
}

void Engine::come_back() {
  const Duration away = read_mono().time_since_epoch() - Duration(table_.life.lost_at.load());
  tell_of_stack(words_of_arrival() + " is here after " + format_span(away) + ", " +
                std::to_string(found_.size()) + (found_.size() == 1 ? " run goes on" : " runs go on") +
                (remembers_ ? "" : ", met without the saved state"));
  model::EngineReturned returned{.found = std::exchange(found_, {}), .done = done_.of(stack_.spec())};
  for (std::uint32_t i = 0; i < stack_.size(); ++i)
    returned.used.push_back(rows_.last_run({i}));
  take_now(std::move(returned));
  // The engine before us may have ended between a last decision and what follows of it.
  for (std::uint32_t i = 0; i < stack_.size(); ++i)
    sockets_.settle({i});
}

std::string Engine::words_of_arrival() const {
  const wire::EngineLife& life = table_.life;
  if (life.number == life.first_of_build)
    return upgraded() == Upgraded::gone_back ? "the next version did not take over; version " + version_
                                             : "upgraded: version " + version_;
  const auto lost = exit_status(life.lost_code.load(), life.lost_status.load());
  return "the engine " + model::words(lost) + "; another one";
}

void Engine::happened(model::Event event) {
  pending_.push_back(std::move(event));
  post_turn();
}

void Engine::take_now(model::Event event) {
  pending_.push_back(std::move(event));
  turn();
}

void Engine::take_now(model::Event event, AcceptedCommand command) {
  // What waits already is a step of its own: the command is remembered with the step that carries it out.
  if (!pending_.empty()) turn();
  remember(std::move(command));
  take_now(std::move(event));
}

void Engine::remember(AcceptedCommand command) {
  commands_.add(std::move(command));
  facts_.commands = commands_.save();
  facts_changed_ = true;
}

void Engine::trouble_elsewhere(std::string line) {
  boost::asio::post(loop_, [this, line = std::move(line)] { report_.trouble(line); });
}

void Engine::post_turn() {
  if (std::exchange(turn_posted_, true)) return;
  boost::asio::post(loop_, [this] {
    turn_posted_ = false;
    if (!pending_.empty() || !to_reap_.empty()) turn();
  });
}

void Engine::turn() {
  const Now now{read_mono(), read_wall(), draw_()};
  while (!pending_.empty()) {
    const model::Event event = std::move(pending_.front());
    pending_.pop_front();
    step(event, now);
  }
  door_.settle();
  // Only now is what these exits led to part of the state.
  for (const int pid : std::exchange(to_reap_, {}))
    anchor_.reap(pid);
  set_timer();
  unpublished_ = true;
  // To tell wakes others, who would take the processors from the process that is being born, and making and
  // removing cgroups takes the lock that a clone into one needs: not while one is under way. Its answer is an
  // event, so another turn comes.
  if (children_.launching()) return tell_soon();
  tell_all();
  post_tidy();
}

void Engine::post_tidy() {
  if (std::exchange(tidy_posted_, true)) return;
  boost::asio::post(loop_, [this] {
    tidy_posted_ = false;
    children_.tidy();
    runs_.tidy();
    side_programs_.tidy();
    observer_.tidy();
  });
}

void Engine::step(const model::Event& event, const Now& now) {
  model::Actions actions;
  recorder_.before(stack_, now);
  model::step(stack_, event, now, actions);
  recorder_.after(event, now, actions);
  if (std::holds_alternative<model::ConfigurationChanged>(event)) {
    facts_.configuration = configuration_.prepared();
    facts_changed_ = true;
  }
  for (const model::Action& action : actions)
    if (auto record = record_of(stack_, action, now.wall)) {
      log_.add(std::move(*record));
      facts_changed_ = true;
    }
  // What is asked for now may be our end: whoever comes back knows that it was decided.
  save();
  for (const model::Action& action : actions)
    std::visit([this](const auto& request) { carry_out(request); }, action);
}

void Engine::save() {
  stack_.take_changed(changed_services_);
  if (std::exchange(facts_changed_, false)) {
    facts_.events = log_.last();
    state_.set_facts(encode(facts_));
  }
  const auto saved = state_.save(stack_, changed_services_);
  const std::string words = saved ? std::string() : saved.error().what;
  if (std::exchange(save_trouble_, words) != words && !words.empty())
    report_.trouble("the state is not saved, an engine that comes back would not know it: " + words);
}

void Engine::add_event(EventRecord record) {
  log_.add(std::move(record));
  facts_changed_ = true;
  save();
}

void Engine::tell_soon() {
  // What is born slowly, from a dead disk for one, must not silence us.
  constexpr auto at_most = std::chrono::milliseconds(10);
  if (std::exchange(tell_timer_set_, true)) return;
  tell_timer_.expires_after(at_most);
  tell_timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    tell_timer_set_ = false;
    tell_all();
  });
}

void Engine::tell_all() {
  if (std::exchange(tell_timer_set_, false)) tell_timer_.cancel();
  while (const EventRecord* record = log_.untold()) {
    tell(*record);
    log_.told();
  }
  if (!std::exchange(unpublished_, false)) return;
  if (changed_) changed_();
  anchor_.notify(notices_.due(stack_, read_mono()));
}

void Engine::tell(const EventRecord& record) {
  constexpr std::size_t told_lines = 5;
  constexpr std::size_t longest_told = 500;
  report_.event(record, stack_.spec().name);
  const auto service = stack_.find(record.service);
  if (service && record.to == model::word(model::PhaseName::failed))
    for (const std::string& line : last_lines(*service, told_lines))
      report_.note("  | " + linux_os::harmless(line, longest_told));
}

void Engine::tell_of_stack(std::string what) {
  EventRecord record;
  record.from = record.to = model::word(stack_.verdict());
  record.why = std::move(what);
  record.time = read_wall();
  add_event(std::move(record));
  unpublished_ = true;
  tell_soon();
}

void Engine::set_timer() {
  const MonoTime next = stack_.next_deadline();
  if (next == timer_set_) return;
  timer_set_ = next;
  timer_.cancel();
  if (next == never) return;
  timer_.expires_at(std::chrono::steady_clock::time_point(next.time_since_epoch()));
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    timer_set_ = never;
    happened(model::DeadlinePassed{});
  });
}

void Engine::carry_out(const model::LookAtRequirements& action) {
  const ServiceId service = action.service;
  children_.look(stack_.spec(service).program, sockets_.of(service),
                 [this, service](std::string missing, std::vector<linux_os::OpenedSocket> opened) {
                   sockets_.take(service, std::move(opened));
                   happened(model::RequirementsSeen{service, std::move(missing)});
                 });
}

void Engine::carry_out(const model::Spawn& action) {
  if (std::string why = conditions_.refusal(action.service); !why.empty()) {
    runs_.refuse(action.service, action.run, std::move(why));
    return conditions_.look();
  }
  const model::ServiceSpec& spec = stack_.spec(action.service);
  // Before it can read them: what changes from now on it may not have seen.
  if (spec.reload) configuration_.mark(spec.name, spec.reload->files);
  runs_.spawn(action.service, action.run);
}

void Engine::carry_out(const model::Signal& action) {
  runs_.signal(action.service, action.run, action.signal, action.to_all);
  runs_.rung_done(action.service, action.run);
}

void Engine::carry_out(const model::RunStopProgram& action) {
  helpers_.stop_program(action.service, action.run, action.rung, runs_.main_pid(action.service));
  runs_.rung_done(action.service, action.run);
}

void Engine::carry_out(const model::KillGroup& action) {
  runs_.kill(action.service, action.run);
}

void Engine::carry_out(const model::ReloadService& action) {
  const model::ReloadSpec& reload = *stack_.spec(action.service).reload;
  configuration_.mark(stack_.spec(action.service).name, reload.files);
  if (reload.exec.empty())
    runs_.signal(action.service, action.run, reload.signal, false);
  else
    helpers_.reload_program(action.service, runs_.main_pid(action.service));
}

void Engine::carry_out(const model::RememberDone& action) {
  done_.add(stack_.spec(action.service));
  configuration_.later([path = done_.path(), text = done_.text(), this] {
    if (const auto written = replace_file(path, text, 0640); !written)
      trouble_elsewhere(written.error().what);
  });
}

void Engine::carry_out(const model::AskProbe& action) {
  const bool is_observed =
      probe_of(stack_.spec(action.service), action.role).kind == model::ProbeKind::observed;
  if (is_observed)
    observed_.probe(action);
  else
    helpers_.probe(action);
}

void Engine::settle_observer() {
  observer_.need(ObservedProbes::are_in(stack_.spec()));
}

void Engine::carry_out(const model::ReportPhase& action) {
  sockets_.settle(action.service);
  if (action.to == model::PhaseName::ready) rows_.note_ready(action.service);
}

void Engine::carry_out(const model::End& action) {
  ended_ = action.code;
}

void Engine::signalled(int signal) {
  wire::AuditLine line{.by = signal_name(signal),
                       .command = signal == SIGHUP ? "reload" : "stop of the daemon"};
  audit_.write(line);
  if (signal == SIGHUP)
    return reload(line.by, {}, [this, signal, line](const Reloaded& answer) mutable {
      if (!answer.refused.empty()) report_.trouble("reload: " + answer.refused);
      line.stage = answer.refused.empty() ? wire::AuditStage::done : wire::AuditStage::refused;
      line.text = answer.refused;
      audit_.write(line);
      anchor_.took(signal);
    });
  take_now(model::ShutdownAsked{signal_name(signal)});
  anchor_.took(signal);
}

void Engine::notified(ServiceId service, const linux_os::Notification& said) {
  const auto run = runs_.present(service);
  if (!run) return;
  model::ServiceNotified event;
  event.service = service;
  event.run = *run;
  event.ready = said.ready;
  event.stopping = said.stopping;
  event.extend = said.extend;
  event.status = said.status;
  // Its datagram is taken away when this returns.
  take_now(std::move(event));
}

void Engine::anchor_gone() {
  // Nobody is left to reap or to hold: better nothing than a stack that nobody watches.
  door_.close();
  report_.trouble("the anchor is gone: everything is killed");
  static_cast<void>(linux_os::kill_cgroup(tree_.stack()));
  static_cast<void>(linux_os::kill_cgroup(tree_.observer()));
  std::_Exit(wire::engine_lost);
}

void Engine::ask(const model::CommandAsked& command, const CommandTicket& ticket) {
  take_now(command, {.ticket = ticket, .awaited = {command}});
}

void Engine::ask(const model::DoorAsked& asked, const CommandTicket& ticket) {
  tell_of_stack(asked.open ? "the door is no longer held closed, by " + asked.by
                           : "the door is held closed by " + asked.by);
  take_now(asked, {.ticket = ticket, .awaited = {}});
}

void Engine::adopt(const std::string& volume, const std::string& by, CommandId id,
                   std::function<void(const Adopted&)> told) {
  conditions_.volumes().adopt(volume, id, [this, volume, by, told = std::move(told)](const Adopted& outcome) {
    if (outcome.refused.empty())
      tell_of_stack("volume " + volume + " adopted by " + by + ", its marker is " + outcome.marker);
    // Whoever asked may look at the events at once.
    turn();
    told(outcome);
  });
}

void Engine::plan(std::function<void(wire::PlanView)> told) {
  reloader_.plan(std::move(told));
}

void Engine::reload(const std::string& by, const CommandTicket& ticket,
                    std::function<void(const Reloaded&)> told) {
  anchor_.notify(notices_.before_reload());
  reloader_.reload(by, ticket, [this, told = std::move(told)](const Reloaded& answer) {
    told(answer);
    anchor_.notify(notices_.after_reload());
  });
}

void Engine::upgrade(const std::string& by, const CommandTicket& ticket,
                     std::function<void(std::string)> told) {
  if (ended_ || stack_.shutting_down()) return told("the daemon is shutting down");
  // What waits is a step of its own.
  if (!pending_.empty()) turn();
  remember({.ticket = ticket, .awaited = {}});
  tell_of_stack("an upgrade was asked for by " + by + ": the build that is installed is tried");
  const auto refused = [this, told](const std::string& why) {
    tell_of_stack("no upgrade: " + why);
    told(why);
  };
  const auto begun = upgrade_.begin(
      {.state = state_.fd(), .configuration = configuration_.kept_memory(), .events = events_memory_},
      refused);
  if (!begun) refused(begun.error().what + "; nothing was changed");
}

ServiceFacts Engine::facts(ServiceId service) const {
  ServiceFacts facts = facts_of(tree_.service(stack_.spec(service).name));
  facts.sockets = sockets_.status(service);
  return facts;
}

std::uint64_t Engine::log_lines_dropped(ServiceId service) const {
  return logs_ ? logs_->dropped(stack_.spec(service).name) : 0;
}

std::vector<std::string> Engine::last_lines(ServiceId service, std::size_t most) const {
  constexpr off_t tail = 8192;
  const std::string name = stack_.spec(service).name + ".log";
  const Fd fd(::openat(log_directory_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) return {};
  const off_t end = ::lseek(fd.get(), 0, SEEK_END);
  const off_t start = std::max<off_t>(end - tail, 0);
  // No more than this, though the file grows while it is read.
  std::array<char, tail> text{};
  const ssize_t n = ::pread(fd.get(), text.data(), text.size(), start);
  if (n <= 0) return {};
  return last_of({text.data(), static_cast<std::size_t>(n)}, most, start > 0);
}

} // namespace holdfast::engine
