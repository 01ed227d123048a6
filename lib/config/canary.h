#pragma once
// `stability.canary`: a service that nobody starts, and that is ready while a draft can really be made,
// worked on, found and removed.

#include "config/report.h"
#include "config/tree.h"
#include "model/spec.h"

#include <string_view>

namespace holdfast::config {

/// Its name among the services, which nobody else may have where it is configured.
constexpr std::string_view canary_name = "canary";

/// The section; nullptr where none is configured.
[[nodiscard]] const Node* canary_section_of(const Node& tree);

/// Adds it behind all services. It needs each of them that is started by itself and goes on running: after a
/// restart of any, what it found before says nothing any more. Precondition: the needs of the others are
/// resolved.
void add_canary(const Node& tree, model::StackSpec& stack, Report& report);

} // namespace holdfast::config
