#include "client/enquiry.h"
#include "client/last_known.h"
#include "client/verbs.h"
#include "client/volume_table.h"

#include <algorithm>
#include <string>
#include <variant>

namespace holdfast::client {
namespace {

void print(Context& context, const wire::StatusView& view) {
  if (context.options.json) {
    static_cast<void>(context.terminal.write(wire::encode_volumes(view) + "\n"));
    return;
  }
  std::string text;
  for (const std::string& line : volume_lines(view.volumes, context.terminal, 0))
    text += line + "\n";
  static_cast<void>(context.terminal.write(text));
}

ExitCode last_known(Context& context, const Error& error) {
  return show_last_known(context, error, [&context](const wire::StatusView& view) {
    context.terminal.complain("last known, at " + view.time + ":");
    print(context, view);
  });
}

bool all_present(const wire::StatusView& view) {
  return std::all_of(view.volumes.begin(), view.volumes.end(),
                     [](const wire::VolumeStatus& volume) { return volume.state == "present"; });
}

} // namespace

ExitCode show_volumes(Context& context) {
  auto enquiry = Enquiry::open(context, {.verb = wire::ControlVerb::status});
  if (!enquiry) return last_known(context, enquiry.error());
  const auto reply = enquiry.value().next(answers_within);
  if (!reply || !reply.value()) return no_reply(context, reply);
  if (const auto* view = std::get_if<wire::StatusView>(&*reply.value())) {
    print(context, *view);
    return all_present(*view) ? ExitCode::done : ExitCode::failed;
  }
  if (const auto* refused = std::get_if<wire::Refused>(&*reply.value()))
    context.terminal.complain(refused->text);
  return ExitCode::failed;
}

} // namespace holdfast::client
