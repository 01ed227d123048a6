#include "client/command_id.h"
#include "client/enquiry.h"
#include "client/plan.h"
#include "client/text.h"
#include "client/verbs.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace holdfast::client {
namespace {

wire::ControlRequest request_of(const Options& options) {
  wire::ControlRequest request{.services = options.services, .wait = !options.no_wait};
  switch (options.verb) {
  case Verb::start: request.verb = wire::ControlVerb::start; break;
  case Verb::stop: request.verb = wire::ControlVerb::stop; break;
  case Verb::restart: request.verb = wire::ControlVerb::restart; break;
  case Verb::reload: request.verb = wire::ControlVerb::reload; break;
  case Verb::task: request.verb = wire::ControlVerb::task; break;
  case Verb::upgrade: request.verb = wire::ControlVerb::upgrade; break;
  case Verb::door:
    request.verb = wire::ControlVerb::door;
    request.open = options.open;
    break;
  case Verb::volume_adopt:
    request.verb = wire::ControlVerb::adopt;
    request.volume = options.volume;
    break;
  case Verb::run:
  case Verb::check:
  case Verb::plan:
  case Verb::status:
  case Verb::explain:
  case Verb::logs:
  case Verb::events:
  case Verb::volume_list:
  case Verb::version: break;
  }
  return request;
}

std::string object_of(const Options& options) {
  std::string names;
  for (const std::string& name : options.services)
    names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "the stack" : names;
}

std::string done_words(const Options& options) {
  switch (options.verb) {
  case Verb::start: return "started " + object_of(options);
  case Verb::stop: return "stopped " + object_of(options);
  case Verb::restart: return "restarted " + object_of(options);
  case Verb::reload: return "reloaded";
  case Verb::task: return object_of(options) + " is done";
  case Verb::volume_adopt: return "adopted volume " + options.volume;
  case Verb::upgrade: return "upgraded";
  case Verb::door: return options.open ? "the door is no longer held closed" : "the door is held closed";
  case Verb::run:
  case Verb::check:
  case Verb::plan:
  case Verb::status:
  case Verb::explain:
  case Verb::logs:
  case Verb::events:
  case Verb::volume_list:
  case Verb::version: break;
  }
  return {};
}

/// What a reload is about to change, or why it is not; the end of the answer says which.
void show_changes(Terminal& terminal, const wire::PlanView& plan) {
  std::string text = mistakes_shown(plan);
  for (const std::string& line : change_lines(plan, terminal))
    text += line + "\n";
  if (plan.valid && plan.changes.empty()) text += "nothing changed\n";
  static_cast<void>(terminal.write(text));
}

/// One command and what is told of it, over as many engines as it lives through.
class Change {
public:
  Change(Context& context, CommandId id) : context_(context), request_(request_of(context.options)) {
    request_.id = id.value;
  }

  [[nodiscard]] const wire::ControlRequest& request() const { return request_; }

  /// Nothing: it goes on.
  [[nodiscard]] std::optional<ExitCode> take(const wire::ControlReply& reply) {
    if (const auto* progress = std::get_if<wire::Progress>(&reply)) take(*progress);
    if (const auto* plan = std::get_if<wire::PlanView>(&reply)) take(*plan);
    if (const auto* finished = std::get_if<wire::Finished>(&reply)) {
      static_cast<void>(context_.terminal.write(end_words(finished->text) + "\n"));
      return ExitCode::done;
    }
    const auto* refused = std::get_if<wire::Refused>(&reply);
    if (refused == nullptr) return {};
    context_.terminal.complain(refused->text);
    return ExitCode::failed;
  }

private:
  void take(const wire::Progress& progress) {
    // From now on it must not be carried out again. An adoption tells no progress, and may be.
    request_.accepted = true;
    if (std::exchange(progress_, progress.text) == progress.text) return;
    // A command goes on when nobody reads its progress: its outcome is the exit code.
    static_cast<void>(context_.terminal.progress("waiting: " + harmless(progress.text)));
  }

  void take(const wire::PlanView& plan) {
    if (plan_ != plan) show_changes(context_.terminal, plan);
    plan_ = plan;
  }

  [[nodiscard]] std::string end_words(const std::string& said) const {
    const Options& options = context_.options;
    std::string words = options.no_wait ? "asked; the outcome was not waited for" : done_words(options);
    if (!said.empty()) words += "; " + harmless(said);
    // An engine that was gone before it told its plan; the next one has only the outcome.
    if (options.verb == Verb::reload && !plan_) words += "; what it changed is in `holdfast events`";
    return words;
  }

  Context& context_;
  wire::ControlRequest request_;
  std::optional<std::string> progress_;
  std::optional<wire::PlanView> plan_;
};

} // namespace

ExitCode change(Context& context) {
  const auto id = draw_command_id();
  if (!id) {
    context.terminal.complain(id.error().what);
    return ExitCode::failed;
  }
  Change command(context, id.value());
  auto enquiry = Enquiry::open(context, [&command] { return command.request(); });
  if (!enquiry) return no_connection(context, enquiry.error());
  // So does a look at a volume: the one that is under way, and then the one that is asked for.
  const bool reads = context.options.verb == Verb::reload || context.options.verb == Verb::volume_adopt;
  std::optional<std::chrono::milliseconds> patience = reads ? reads_within : answers_within;
  for (;;) {
    const auto reply = enquiry.value().next(patience);
    if (!reply) {
      context.terminal.complain(reply.error().what + "; the outcome is not known");
      return ExitCode::no_daemon;
    }
    if (!reply.value()) return no_reply(context, reply);
    if (const auto code = command.take(*reply.value())) return *code;
    patience.reset(); // it answers; the outcome comes when it comes
  }
}

} // namespace holdfast::client
