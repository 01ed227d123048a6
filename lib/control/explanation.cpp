#include "control/views.h"
#include "model/explain.h"

#include <variant>

namespace holdfast::control {
namespace {

/// A screen holds them and the chain.
constexpr std::size_t lines_shown = 5;

/// Services of the file: it is written each second while anything changes.
constexpr std::size_t most_explained = 20;

/// Asked whether it is ready, it has failed as often as would count later: what keeps it is in its log.
bool starts_badly(const model::Service& service, const model::ServiceSpec& spec) {
  const auto& starting = std::get<model::Starting>(service.phase);
  return service.unsettled > 0 ||
         (is_asked(spec.ready.kind) && starting.ready.failures >= spec.ready.failures);
}

bool is_in_trouble(const model::Service& service, const model::ServiceSpec& spec) {
  switch (model::name_of(service.phase)) {
  case model::PhaseName::failed:
  case model::PhaseName::backoff:
  case model::PhaseName::unready: return true;
  case model::PhaseName::starting: return starts_badly(service, spec);
  case model::PhaseName::down:
  case model::PhaseName::waiting:
  case model::PhaseName::ready:
  case model::PhaseName::stopping:
  case model::PhaseName::done: return false;
  }
  return false;
}

bool is_as_it_should_be(const model::Stack& stack, ServiceId id) {
  return !stack.critical_missing().contains(id) && !stack.others_missing().contains(id);
}

} // namespace

std::vector<wire::ExplainLine> explanation(const engine::ControlPort& port,
                                           std::optional<ServiceId> service) {
  const model::Stack& stack = port.stack();
  std::vector<wire::ExplainLine> lines;
  std::optional<ServiceId> cause;
  for (const model::ExplainLine& line : model::explain(stack, service)) {
    lines.push_back({.text = line.text, .since = {}, .depth = line.depth});
    if (line.since) lines.back().since = format_utc_seconds(*line.since);
    if (line.service && is_in_trouble(stack.service(*line.service), stack.spec(*line.service)))
      cause = line.service;
  }
  if (!cause) return lines;
  const auto said = port.last_lines(*cause, lines_shown);
  if (!said.empty())
    lines.push_back(
        {.text = "the log of " + stack.spec(*cause).name + " ends with:", .since = {}, .depth = 1});
  for (const std::string& line : said)
    lines.push_back({.text = "| " + line, .since = {}, .depth = 1});
  return lines;
}

wire::StatusView lasting_view(const engine::ControlPort& port, WallTime now) {
  wire::StatusView view = model_view(port, now);
  view.explanation = explanation(port, std::nullopt);
  const auto listed = port.listed();
  std::size_t explained = 0;
  for (std::size_t i = 0; i < listed.size() && explained < most_explained; ++i) {
    if (is_as_it_should_be(port.stack(), listed[i])) continue;
    view.services[i].explanation = explanation(port, listed[i]);
    ++explained;
  }
  return view;
}

} // namespace holdfast::control
