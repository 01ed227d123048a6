#include "client/enquiry.h"
#include "client/last_known.h"
#include "client/status_table.h"
#include "client/verbs.h"

#include "base/clock.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace holdfast::client {
namespace {

ExitCode verdict_code(const wire::StatusView& view) {
  const std::string& verdict = view.stack.verdict;
  return verdict == "working" || verdict == "degraded" ? ExitCode::done : ExitCode::failed;
}

bool print(Context& context, const wire::StatusView& view) {
  if (context.options.json) return context.terminal.write(wire::encode_status(view) + "\n");
  std::string text;
  for (const std::string& line : status_lines(view, read_wall(), context.terminal, 0))
    text += line + "\n";
  return context.terminal.write(text);
}

/// Draws over what was drawn before, in one write and without erasing first: nothing flickers. As many lines
/// as fit.
bool redraw(Terminal& terminal, const wire::StatusView& view, bool first) {
  const Terminal::Size size = terminal.size();
  std::string text = first ? "\x1b[2J\x1b[H" : "\x1b[H";
  std::size_t row = 1;
  for (const std::string& line : status_lines(view, read_wall(), terminal, size.columns - 1)) {
    if (row++ == size.rows) break;
    text += line + "\x1b[K\n";
  }
  return terminal.write(text + "\x1b[J");
}

ExitCode last_known(Context& context, const Error& error) {
  return show_last_known(
      context, error, [&context](const wire::StatusView& view) { static_cast<void>(print(context, view)); });
}

ExitCode show_once(Context& context, Enquiry& enquiry) {
  const auto reply = enquiry.next(answers_within);
  if (!reply || !reply.value()) return no_reply(context, reply);
  if (const auto* view = std::get_if<wire::StatusView>(&*reply.value())) {
    static_cast<void>(print(context, *view));
    return verdict_code(*view);
  }
  if (const auto* refused = std::get_if<wire::Refused>(&*reply.value()))
    context.terminal.complain(refused->text);
  return ExitCode::failed;
}

ExitCode watch(Context& context, Enquiry& enquiry) {
  const bool draws = context.terminal.is_terminal() && !context.options.json;
  // Between changes only the spans grow: drawn again each second on a terminal.
  const auto patience = draws ? std::optional(std::chrono::milliseconds(1000)) : std::nullopt;
  std::optional<wire::StatusView> view;
  for (;;) {
    auto reply = enquiry.next(patience);
    if (!reply) return no_reply(context, reply);
    const bool first = !view.has_value();
    if (reply.value()) {
      if (const auto* refused = std::get_if<wire::Refused>(&*reply.value())) {
        context.terminal.complain(refused->text);
        return ExitCode::failed;
      }
      if (auto* newer = std::get_if<wire::StatusView>(&*reply.value())) view = std::move(*newer);
    }
    if (!view) continue;
    if (!(draws ? redraw(context.terminal, *view, first) : print(context, *view))) return verdict_code(*view);
  }
}

} // namespace

ExitCode show_status(Context& context) {
  auto enquiry = Enquiry::open(context, {.verb = wire::ControlVerb::status, .follow = context.options.watch});
  if (!enquiry) return last_known(context, enquiry.error());
  return context.options.watch ? watch(context, enquiry.value()) : show_once(context, enquiry.value());
}

} // namespace holdfast::client
