#pragma once
// Probes that the observer asks: which detail belongs to which protocol, and what the site adds to them.

#include "config/fields.h"
#include "config/report.h"
#include "model/spec.h"

#include <optional>
#include <string_view>

namespace holdfast::config {

/// Of the key that names what a probe does; nothing for one of the engine's own.
[[nodiscard]] std::optional<model::Protocol> protocol_of(std::string_view kind);

/// Whether a key that says more about a probe can stand beside one of this kind: "status" beside "http". What
/// is no such detail can stand beside any.
[[nodiscard]] bool may_stand_beside(std::string_view detail, std::string_view kind);

/// Reads what stands in a probe's section; nothing where it asks no network peer.
[[nodiscard]] std::optional<model::NetworkProbe> read_network_probe(const Fields& fields);

/// Details beside a kind that they do not belong to, and those that it lacks. `path` is the section's.
void check_network_probe(const Node& section, const std::string& path, Report& report);

/// Fills in what is not said: the Host, the scheme and the certificate's name are those that a visitor of
/// `site` would meet, where there is a site.
void fill_in_site(model::NetworkProbe& probe, const std::string& site);

} // namespace holdfast::config
