#include "client/enquiry.h"
#include "client/text.h"
#include "client/verbs.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace holdfast::client {
namespace {

std::optional<std::string> daemon_version(Context& context) {
  auto enquiry = Enquiry::open(context, {.verb = wire::ControlVerb::version});
  if (!enquiry) return {};
  auto reply = enquiry.value().next(answers_within);
  if (!reply || !reply.value()) return {};
  const auto* version = std::get_if<wire::DaemonVersion>(&*reply.value());
  if (version == nullptr) return {};
  return version->version;
}

} // namespace

/// Answered with and without a daemon: what it is asked first is the version of this program.
ExitCode show_version(Context& context) {
  const std::string& own = context.composition.version;
  const auto daemon = daemon_version(context);
  const std::string text = context.options.json
                               ? wire::encode_versions(own, daemon)
                               : "holdfast " + own + (daemon ? "\ndaemon " + harmless(*daemon) : "");
  static_cast<void>(context.terminal.write(text + "\n"));
  return ExitCode::done;
}

} // namespace holdfast::client
