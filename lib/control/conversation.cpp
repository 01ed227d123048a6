#include "control/conversation.h"

#include "base/clock.h"
#include "base/nearest.h"
#include "control/event_index.h"
#include "control/outcome.h"
#include "control/views.h"
#include "engine/command_memory.h"

#include <algorithm>
#include <utility>

namespace holdfast::control {
namespace {

/// Events are handed to a connection only while less than this waits there.
constexpr std::size_t events_ahead = 64U << 10;

std::vector<std::string> all_names(const engine::ControlPort& port) {
  std::vector<std::string> names;
  for (const ServiceId id : port.listed())
    names.push_back(port.stack().spec(id).name);
  return names;
}

bool needs_all(wire::ControlVerb verb) {
  switch (verb) {
  case wire::ControlVerb::start:
  case wire::ControlVerb::stop:
  case wire::ControlVerb::restart:
  case wire::ControlVerb::reload:
  case wire::ControlVerb::door:
  case wire::ControlVerb::adopt:
  case wire::ControlVerb::upgrade:
  case wire::ControlVerb::task: return true;
  case wire::ControlVerb::status:
  case wire::ControlVerb::events:
  case wire::ControlVerb::logs:
  case wire::ControlVerb::plan:
  case wire::ControlVerb::explain:
  case wire::ControlVerb::version: return false;
  }
  return true;
}

} // namespace

Conversation::Conversation(const Host& host, Client client, std::function<void(Conversation&)> ended)
    : host_(host), client_(std::move(client)), ended_(std::move(ended)) {}

Conversation::~Conversation() {
  if (connection_) connection_->abandon();
}

void Conversation::begin(boost::asio::io_context& loop, Fd socket, const ConnectionLimits& limits) {
  connection_ = std::make_shared<Connection>(loop, std::move(socket), limits, *this);
  connection_->start();
}

void Conversation::turn_away(std::string why) {
  end(wire::Refused{std::move(why)});
  connection_->finish();
}

void Conversation::changed() {
  if (auto* status = std::get_if<FollowStatus>(&task_)) status->stale = true;
  go_on();
}

void Conversation::on_line(std::string_view line) {
  if (!std::holds_alternative<Idle>(task_))
    return turn_away("the request before this one is still being answered");
  const auto request = wire::decode_request(line);
  if (!request) return end(wire::Refused{request.error().what});
  if (client_.access != Access::all && needs_all(request.value().verb)) {
    const std::string why = client_.who + " may look and change nothing; only root may";
    host_.audit->refused(client_.who, client_.pid, request.value(), why);
    return end(wire::Refused{why});
  }
  answer(request.value());
}

void Conversation::on_drained() {
  go_on();
}

void Conversation::on_overlong() {
  turn_away("the request is longer than " + std::to_string(wire::longest_request) + " bytes");
}

void Conversation::on_closed() {
  const auto ended = std::move(ended_);
  ended(*this); // destroys this
}

void Conversation::answer(const wire::ControlRequest& request) {
  if (resumes(request)) return;
  if (needs_all(request.verb)) entry_ = host_.audit->asked(client_.who, client_.pid, request);
  switch (request.verb) {
  case wire::ControlVerb::status: return answer_status(request);
  case wire::ControlVerb::start: return answer_command(request, model::Verb::start);
  case wire::ControlVerb::stop: return answer_command(request, model::Verb::stop);
  case wire::ControlVerb::restart: return answer_command(request, model::Verb::restart);
  case wire::ControlVerb::events: return answer_events(request);
  case wire::ControlVerb::logs: return answer_logs(request);
  case wire::ControlVerb::plan: return answer_plan();
  case wire::ControlVerb::reload: return answer_reload(request);
  case wire::ControlVerb::door: return answer_door(request);
  case wire::ControlVerb::task: return answer_task(request);
  case wire::ControlVerb::adopt: return answer_adopt(request);
  case wire::ControlVerb::upgrade: return answer_upgrade(request);
  case wire::ControlVerb::explain: return answer_explain(request);
  case wire::ControlVerb::version: send(wire::DaemonVersion{host_.version}); return end(wire::Finished{});
  }
}

bool Conversation::resumes(const wire::ControlRequest& request) {
  if (request.id == 0 || request.verb == wire::ControlVerb::adopt) return false;
  auto known = host_.port.accepted({request.id});
  if (!known && !request.accepted) return false;
  if (!known)
    end(wire::Refused{
        "the daemon does not know the command that was accepted: it is another one since, or too "
        "many commands came in between; its outcome is not known"});
  else if (known->ticket != ticket_of(request))
    end(wire::Refused{"the id of this command is that of another one"});
  else
    go_on_with(request, std::move(known->awaited));
  return true;
}

void Conversation::go_on_with(const wire::ControlRequest& request, std::vector<model::CommandAsked> awaited) {
  if (request.verb == wire::ControlVerb::upgrade) return end_upgrade();
  if (request.verb == wire::ControlVerb::reload)
    awaited = engine::still_wanted(host_.port.stack(), std::move(awaited));
  host_.audit->asked_again(client_.who, client_.pid, request, awaited);
  if (!request.wait) return end(wire::Finished{});
  set(Await{.commands = std::move(awaited), .told = {}});
}

engine::CommandTicket Conversation::ticket_of(const wire::ControlRequest& request) const {
  wire::ControlRequest asked = request;
  // The same command however often it is asked for, and whether its outcome is waited for or not.
  asked.id = 0;
  asked.accepted = false;
  asked.wait = true;
  return {.id = {request.id}, .asked = client_.who + ": " + wire::encode(asked)};
}

void Conversation::answer_status(const wire::ControlRequest& request) {
  if (request.follow) return set(FollowStatus{});
  send(status_view(host_.port, read_wall()));
  end(wire::Finished{});
}

void Conversation::answer_events(const wire::ControlRequest& request) {
  const auto& events = host_.port.events();
  const std::uint64_t end = events.empty() ? 1 : events.back().sequence + 1;
  std::uint64_t next = end - std::min<std::uint64_t>(request.last, events.size());
  if (request.sequence != 0) {
    const std::uint64_t first = end - events.size();
    next = request.sequence > end ? first : std::max(request.sequence, first);
  }
  set(SendEvents{.next = next, .follow = request.follow});
}

void Conversation::answer_logs(const wire::ControlRequest& request) {
  std::vector<std::string> names = request.services;
  const bool with_audit = std::erase(names, wire::audit_log) > 0;
  const auto services = resolve(names);
  if (!services) return end(wire::Refused{services.error().what});
  const model::Stack& stack = host_.port.stack();
  wire::LogPlaces places{.directory = stack.spec().log_directory};
  if (with_audit) places.services.emplace_back(wire::audit_log);
  for (const ServiceId id : services.value())
    places.services.push_back(stack.spec(id).name);
  if (request.services.empty()) places.services = all_names(host_.port);
  send(places);
  end(wire::Finished{});
}

void Conversation::answer_command(const wire::ControlRequest& request, model::Verb verb) {
  auto services = resolve(request.services);
  if (!services) return end(wire::Refused{services.error().what});
  if (verb != model::Verb::stop && host_.port.stack().shutting_down())
    return end(wire::Refused{"the daemon is shutting down"});
  model::CommandAsked command{.verb = verb, .services = std::move(services).value(), .by = client_.who};
  host_.port.ask(command, ticket_of(request));
  entry_->follow({command});
  if (!request.wait) return end(wire::Finished{});
  set(Await{.commands = {std::move(command)}, .told = {}});
}

void Conversation::answer_task(const wire::ControlRequest& request) {
  const auto services = resolve(request.services);
  if (services && !host_.port.stack().spec(services.value().front()).task)
    return end(wire::Refused{request.services.front() + " is no task; start it, or restart it"});
  answer_command(request, model::Verb::task);
}

void Conversation::answer_door(const wire::ControlRequest& request) {
  host_.port.ask(model::DoorAsked{.open = request.open, .by = client_.who}, ticket_of(request));
  end(wire::Finished{});
}

void Conversation::answer_adopt(const wire::ControlRequest& request) {
  set(AwaitPort{});
  host_.port.adopt(request.volume, client_.who, {request.id},
                   [end = later_end()](const engine::Adopted& outcome) {
                     if (!outcome.refused.empty()) return end(wire::Refused{outcome.refused});
                     end(wire::Finished{"its marker is " + outcome.marker});
                   });
}

std::function<void(const wire::ControlReply&)> Conversation::later_end() {
  return [this, entry = entry_, alive = std::weak_ptr<void>(life_)](const wire::ControlReply& reply) {
    if (alive.expired())
      entry->answered(reply);
    else
      end(reply);
  };
}

void Conversation::answer_upgrade(const wire::ControlRequest& request) {
  // Before this engine may be gone.
  send(wire::Progress{"the trial of the build that is installed, and its engine"});
  set(AwaitPort{});
  host_.port.upgrade(client_.who, ticket_of(request),
                     [end = later_end()](std::string refused) { end(wire::Refused{std::move(refused)}); });
}

void Conversation::end_upgrade() {
  switch (host_.port.upgraded()) {
  case engine::Upgraded::done: return end(wire::Finished{"this is version " + host_.version});
  case engine::Upgraded::under_way:
    return end(wire::Refused{"it is still under way; `holdfast events` will tell"});
  case engine::Upgraded::gone_back:
    return end(wire::Refused{"no engine of the next build took over; version " + host_.version + " is back"});
  case engine::Upgraded::none: break;
  }
  end(wire::Refused{"the next build was not executed; nothing was changed"});
}

void Conversation::answer_explain(const wire::ControlRequest& request) {
  const auto services = resolve(request.services);
  if (!services) return end(wire::Refused{services.error().what});
  std::optional<ServiceId> service;
  if (!services.value().empty()) service = services.value().front();
  send(wire::Explanation{explanation(host_.port, service)});
  end(wire::Finished{});
}

void Conversation::answer_plan() {
  set(AwaitPort{});
  host_.port.plan([this, alive = std::weak_ptr<void>(life_)](const wire::PlanView& plan) {
    if (alive.expired()) return;
    send(plan);
    end(wire::Finished{});
  });
}

void Conversation::answer_reload(const wire::ControlRequest& request) {
  set(AwaitPort{});
  host_.port.reload(client_.who, ticket_of(request),
                    [this, wait = request.wait, entry = entry_,
                     alive = std::weak_ptr<void>(life_)](const engine::Reloaded& answer) {
                      if (answer.refused.empty())
                        entry->follow(answer.awaited);
                      else
                        entry->answered(wire::Refused{answer.refused});
                      if (!alive.expired()) reloaded(answer, wait);
                    });
}

void Conversation::reloaded(const engine::Reloaded& answer, bool wait) {
  send(answer.plan);
  if (!answer.refused.empty()) return end(wire::Refused{answer.refused});
  if (!wait) return end(wire::Finished{});
  set(Await{.commands = answer.awaited, .told = {}});
}

Result<std::vector<ServiceId>> Conversation::resolve(const std::vector<std::string>& names) const {
  const model::Stack& stack = host_.port.stack();
  std::vector<ServiceId> services;
  for (const std::string& name : names) {
    const auto id = stack.find(name);
    if (!id) {
      const auto known = all_names(host_.port);
      const std::string meant(nearest(name, {known.begin(), known.end()}));
      return Error{"no service \"" + name + "\"" +
                   (meant.empty() ? "" : "; did you mean \"" + meant + "\"?")};
    }
    if (std::find(services.begin(), services.end(), *id) == services.end()) services.push_back(*id);
  }
  return services;
}

void Conversation::go_on() {
  std::visit([this](auto& task) { go_on(task); }, task_);
}

void Conversation::go_on(FollowStatus& task) {
  if (!task.stale || connection_->pending() != 0) return;
  task.stale = false;
  send(status_view(host_.port, read_wall()));
}

void Conversation::go_on(SendEvents& task) {
  const auto& events = host_.port.events();
  if (!events.empty() && task.next < events.front().sequence)
    return end(wire::Refused{"events came faster than they were read; some are gone"});
  for (std::size_t i = index_of(events, task.next); i < events.size(); ++i) {
    if (connection_->pending() >= events_ahead) return;
    task.next = events[i].sequence + 1;
    send(event_line(events[i]));
  }
  if (!task.follow) end(wire::Finished{});
}

void Conversation::go_on(Await& task) {
  model::Outcome outcome = outcome_of(host_.port.stack(), task.commands);
  switch (outcome.state) {
  case model::Outcome::State::done: return end(wire::Finished{std::move(outcome.text)});
  case model::Outcome::State::failed: return end(wire::Refused{std::move(outcome.text)});
  case model::Outcome::State::pending: break;
  }
  if (outcome.text == task.told || connection_->pending() != 0) return;
  task.told = outcome.text;
  send(wire::Progress{std::move(outcome.text)});
}

void Conversation::send(const wire::ControlReply& reply) {
  connection_->send(wire::encode(reply));
}

void Conversation::end(const wire::ControlReply& reply) {
  if (const auto entry = std::exchange(entry_, {})) entry->answered(reply);
  send(reply);
  set(Idle{});
}

void Conversation::set(Task task) {
  task_ = std::move(task);
  connection_->expect_silence(!std::holds_alternative<Idle>(task_));
  go_on();
}

} // namespace holdfast::control
