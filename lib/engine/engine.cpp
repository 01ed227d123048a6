#include "engine/engine.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/signals.h"
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

Configuration::Options with_check(Configuration::Options options,
                                  std::function<Status(const model::StackSpec&)> can_run) {
  options.can_run = std::move(can_run);
  return options;
}

} // namespace

Engine::Engine(boost::asio::io_context& loop, Options options)
    : loop_(loop), log_directory_(std::move(options.log_directory)), tree_(std::move(options.tree)),
      stack_(options.spec, Now{read_mono(), read_wall(), 0}), rows_(*options.last_stop),
      door_(loop, stack_.spec().runtime, [this](std::string line) { report_.trouble(line); }),
      anchor_(loop, options.anchor_socket,
              {.exited =
                   [this](int pid, model::ExitStatus status) {
                     children_.exited(pid, status);
                     to_reap_.push_back(pid);
                     // Not posted: a restart waits for it.
                     turn();
                   },
               .signalled = [this](int signal) { signalled(signal); },
               .gone = [this] { anchor_gone(); }}),
      logs_(std::make_unique<linux_os::LogCapture>(
          log_directory_.get(), stack_.spec().rotate_size,
          [this](std::string line) { trouble_elsewhere(std::move(line)); })),
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
      children_(loop), runs_({loop, anchor_, children_, tree_, *logs_, notify_, rows_, sockets_}, stack_,
                             [this](model::Event event) { happened(std::move(event)); }),
      limit_watch_({loop, tree_, runs_}, stack_, [this](model::Event event) { happened(std::move(event)); }),
      memory_pressure_({loop, tree_, runs_}, stack_,
                       [this](model::Event event) { happened(std::move(event)); }),
      side_programs_(loop, children_),
      helpers_(side_programs_, tree_, stack_, [this](model::Event event) { happened(std::move(event)); }),
      observer_(loop, children_, tree_, std::move(options.observer),
                {.told = [this](std::string what) { tell_of_stack(std::move(what)); },
                 .said = [this](const std::string& line) { report_.note(line); }}),
      observed_(observer_, stack_, [this](model::Event event) { happened(std::move(event)); }),
      done_(stack_.spec().state + "/tasks-done"),
      configuration_(loop, with_check(std::move(options.configuration),
                                      [this](const model::StackSpec& spec) { return can_run(spec); })),
      conditions_({loop, side_programs_, tree_}, stack_,
                  {.looker = std::move(options.looker), .memory = stack_.spec().state + "/volumes"},
                  {.happened = [this](model::Event event) { happened(std::move(event)); },
                   .told = [this](std::string what) { tell_of_stack(std::move(what)); },
                   .on_disk = [this](std::function<void()> job) { configuration_.later(std::move(job)); }}),
      reloader_({configuration_, done_, tree_, notify_, runs_, rows_, *logs_, report_}, stack_,
                {.step = [this](model::Event event) { take_now(std::move(event)); },
                 .tell =
                     [this](EventRecord record) {
                       record.time = read_wall();
                       untold_.push_back(std::move(record));
                       tell_soon();
                     },
                 .trouble_elsewhere = [this](std::string line) { trouble_elsewhere(std::move(line)); },
                 .respecified =
                     [this] {
                       limit_watch_.respecified();
                       memory_pressure_.respecified();
                       conditions_.respecified();
                       sockets_.respecified();
                       settle_observer();
                     }}),
      timer_(loop), tell_timer_(loop), pulse_(loop, options.last_stop->life) {
  rows_.set_stack(tree_.stack(), tree_.observer(), door_flag(stack_.spec().runtime));
}

Status Engine::open() {
  if (const int memory = configuration_.memory(); memory >= 0)
    if (auto held = anchor_.hold(wire::configuration_slot, memory); !held) return held;
  if (auto read = done_.read(); !read) return read;
  if (auto opened = conditions_.open(); !opened) return opened;
  if (auto can = can_run(stack_.spec()); !can) return can;
  return reloader_.open_sockets(stack_.spec());
}

Status Engine::can_run(const model::StackSpec& spec) const {
  return ObservedProbes::are_in(spec) ? observer_.can_run() : Status(Done{});
}

int Engine::run() {
  conditions_.respecified();
  settle_observer();
  happened(model::StackStarted{.done = done_.of(stack_.spec())});
  while (!ended_)
    loop_.run_one();
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

void Engine::happened(model::Event event) {
  pending_.push_back(std::move(event));
  post_turn();
}

void Engine::take_now(model::Event event) {
  pending_.push_back(std::move(event));
  turn();
}

void Engine::trouble_elsewhere(std::string line) {
  boost::asio::post(loop_, [this, line = std::move(line)] { report_.trouble(line); });
}

void Engine::post_turn() {
  if (std::exchange(turn_posted_, true)) return;
  boost::asio::post(loop_, [this] {
    turn_posted_ = false;
    if (!pending_.empty()) turn();
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
  for (const model::Action& action : actions) {
    std::visit([this](const auto& request) { carry_out(request); }, action);
    if (auto record = record_of(stack_, action, now.wall)) untold_.push_back(std::move(*record));
  }
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
  for (EventRecord& record : std::exchange(untold_, {}))
    tell(std::move(record));
  if (!std::exchange(unpublished_, false)) return;
  if (changed_) changed_();
  anchor_.notify(notices_.due(stack_, read_mono()));
}

void Engine::tell(EventRecord record) {
  constexpr std::size_t told_lines = 5;
  constexpr std::size_t longest_told = 500;
  report_.event(record, stack_.spec().name);
  const auto service = stack_.find(record.service);
  if (service && record.to == model::word(model::PhaseName::failed))
    for (const std::string& line : last_lines(*service, told_lines))
      report_.note("  | " + linux_os::harmless(line, longest_told));
  log_.add(std::move(record));
}

void Engine::tell_of_stack(std::string what) {
  EventRecord record;
  record.from = record.to = model::word(stack_.verdict());
  record.why = std::move(what);
  record.time = read_wall();
  untold_.push_back(std::move(record));
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
}

void Engine::carry_out(const model::RunStopProgram& action) {
  helpers_.stop_program(action.service, action.run, action.rung, runs_.main_pid(action.service));
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

void Engine::carry_out(const model::ReportPhase& action) {
  const bool is_over = action.to == model::PhaseName::failed ||
                       (action.to == model::PhaseName::down && !stack_.service(action.service).wanted);
  if (is_over) sockets_.release(action.service);
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

void Engine::carry_out(const model::End& action) {
  ended_ = action.code;
}

void Engine::signalled(int signal) {
  if (signal == SIGHUP)
    return reload(signal_name(signal), [this](const Reloaded& answer) {
      if (!answer.refused.empty()) report_.trouble("reload: " + answer.refused);
    });
  happened(model::ShutdownAsked{signal_name(signal)});
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
  happened(std::move(event));
}

void Engine::anchor_gone() {
  // Nobody is left to reap or to hold: better nothing than a stack that nobody watches.
  door_.close();
  report_.trouble("the anchor is gone: everything is killed");
  static_cast<void>(linux_os::kill_cgroup(tree_.stack()));
  static_cast<void>(linux_os::kill_cgroup(tree_.observer()));
  std::_Exit(wire::engine_lost);
}

void Engine::ask(const model::CommandAsked& command) {
  take_now(command);
}

void Engine::ask(const model::DoorAsked& asked) {
  tell_of_stack(asked.open ? "the door is no longer held closed, by " + asked.by
                           : "the door is held closed by " + asked.by);
  take_now(asked);
}

void Engine::adopt(const std::string& volume, const std::string& by,
                   std::function<void(const Adopted&)> told) {
  conditions_.volumes().adopt(volume, [this, volume, by, told = std::move(told)](const Adopted& outcome) {
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

void Engine::reload(const std::string& by, std::function<void(const Reloaded&)> told) {
  anchor_.notify(notices_.before_reload());
  reloader_.reload(by, [this, told = std::move(told)](const Reloaded& answer) {
    told(answer);
    anchor_.notify(notices_.after_reload());
  });
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
