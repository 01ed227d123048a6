#include "client/plan.h"

#include "client/enquiry.h"
#include "client/text.h"
#include "client/verbs.h"

#include <utility>
#include <variant>

namespace holdfast::client {
namespace {

struct EffectShown {
  std::string text;
  Colour colour = Colour::none;
};

EffectShown shown(const std::string& effect) {
  if (effect == "nothing") return {"nothing to do", Colour::dim};
  if (effect == "live") return {"counts from now on", Colour::green};
  if (effect == "daemon-restart") return {"not before a restart of the daemon", Colour::yellow};
  return {harmless(effect), effect == "reload" || effect == "start" ? Colour::green : Colour::yellow};
}

std::string key_line(const wire::KeyChange& key) {
  const bool told = !key.from.empty() || !key.to.empty();
  return "  " + harmless(key.key) +
         (told ? ": " + harmless(key.from) + " -> " + harmless(key.to) : std::string(": changed"));
}

ExitCode print(Context& context, const wire::PlanView& plan) {
  const ExitCode code = plan.valid ? ExitCode::done : ExitCode::failed;
  if (context.options.json) {
    static_cast<void>(context.terminal.write(wire::encode_plan(plan) + "\n"));
    return code;
  }
  std::string text = mistakes_shown(plan);
  if (plan.valid) {
    text += plan.config + ": " + (plan.daemon ? "a reload changes " : "nothing runs; a start would begin ") +
            (plan.changes.empty() ? "nothing\n" : "this:\n");
    for (const std::string& line : change_lines(plan, context.terminal))
      text += line + "\n";
  }
  static_cast<void>(context.terminal.write(text));
  return code;
}

/// What a start would do; the exit code says that there is no daemon, or that there could be none.
ExitCode without_daemon(Context& context, const Error& error) {
  const ExitCode code = no_connection(context, error);
  if (code != ExitCode::no_daemon) return code;
  const ExitCode judged = print(context, context.composition.plan(context.options.config));
  return judged == ExitCode::done ? code : judged;
}

} // namespace

std::vector<std::string> change_lines(const wire::PlanView& plan, const Terminal& terminal) {
  std::vector<std::string> lines;
  for (const wire::PlannedChange& change : plan.changes) {
    const EffectShown effect = shown(change.effect);
    lines.push_back((change.service.empty() ? "the stack" : harmless(change.service)) + ": " +
                    terminal.in(effect.colour, effect.text) +
                    (change.why.empty() ? "" : " (" + harmless(change.why) + ")"));
    for (const wire::KeyChange& key : change.keys)
      lines.push_back(key_line(key));
  }
  return lines;
}

std::string mistakes_shown(const wire::PlanView& plan) {
  std::string text;
  for (const wire::Mistake& mistake : plan.mistakes)
    text += mistake.shown; // made fit for a terminal where it was found
  return text;
}

ExitCode show_plan(Context& context) {
  auto enquiry = Enquiry::open(context, {.verb = wire::ControlVerb::plan});
  if (!enquiry) return without_daemon(context, enquiry.error());
  const auto reply = enquiry.value().next(reads_within);
  if (!reply || !reply.value()) return no_reply(context, reply);
  if (const auto* plan = std::get_if<wire::PlanView>(&*reply.value())) return print(context, *plan);
  if (const auto* refused = std::get_if<wire::Refused>(&*reply.value()))
    context.terminal.complain(refused->text);
  return ExitCode::failed;
}

} // namespace holdfast::client
