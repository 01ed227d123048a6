#include "client/enquiry.h"
#include "client/last_known.h"
#include "client/text.h"
#include "client/verbs.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace holdfast::client {
namespace {

using Lines = std::vector<wire::ExplainLine>;

void print(Context& context, const Lines& lines, bool last_known) {
  if (context.options.json) {
    static_cast<void>(context.terminal.write(wire::encode_explanation(lines, last_known) + "\n"));
    return;
  }
  std::string text;
  for (const wire::ExplainLine& line : lines) {
    constexpr std::uint64_t deepest = 20;
    text += std::string(2 * std::min(line.depth, deepest), ' ') + harmless(line.text) +
            (line.since ? " (since " + harmless(*line.since) + ")" : "") + "\n";
  }
  static_cast<void>(context.terminal.write(text));
}

/// Of one that was as it should be the file has no explanation: its phase says all.
Lines of_service(const wire::ServiceStatus& service) {
  if (!service.explanation.empty()) return service.explanation;
  return {{.text = service.name + " is " + service.phase + (service.why.empty() ? "" : ": " + service.why),
           .since = service.since,
           .depth = 0}};
}

void print_last_known(Context& context, const wire::StatusView& view) {
  Lines lines = view.explanation;
  if (!context.options.services.empty()) {
    const std::string& name = context.options.services.front();
    const auto& services = view.services;
    const auto found =
        std::find_if(services.begin(), services.end(), [&](const auto& one) { return one.name == name; });
    if (found == services.end()) {
      context.terminal.complain("no service \"" + name + "\" was known");
      return;
    }
    lines = of_service(*found);
  }
  context.terminal.complain("last known, at " + view.time + ":");
  print(context, lines, true);
}

ExitCode last_known(Context& context, const Error& error) {
  return show_last_known(context, error,
                         [&context](const wire::StatusView& view) { print_last_known(context, view); });
}

} // namespace

ExitCode show_explanation(Context& context) {
  auto enquiry =
      Enquiry::open(context, {.verb = wire::ControlVerb::explain, .services = context.options.services});
  if (!enquiry) return last_known(context, enquiry.error());
  const auto reply = enquiry.value().next(answers_within);
  if (!reply || !reply.value()) return no_reply(context, reply);
  if (const auto* explanation = std::get_if<wire::Explanation>(&*reply.value())) {
    print(context, explanation->lines, false);
    return ExitCode::done;
  }
  if (const auto* refused = std::get_if<wire::Refused>(&*reply.value()))
    context.terminal.complain(refused->text);
  return ExitCode::failed;
}

} // namespace holdfast::client
