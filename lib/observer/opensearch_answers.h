#pragma once
// What OpenSearch's answers mean. OpenSearch 2; the numbers of blocks are those of its sources
// (ClusterBlock, IndexMetadata, Metadata).

#include "observer/http_client.h"
#include "observer/probe.h"

#include <string>
#include <string_view>

namespace holdfast::observer {

/// Of GET /_cluster/health.
[[nodiscard]] Answer health_of(const HttpResponse& response, std::string_view user);

/// Of GET /_cluster/state/blocks: whether something cannot be written; where all can, words of what else is
/// blocked, mostly none. Which indices the application writes is not known, so that each counts, whoever
/// blocked it; not those that are closed or are searchable snapshots. While one is blocked searching goes on,
/// and what is changed or deleted stays to be found.
[[nodiscard]] Answer blocks_of(const HttpResponse& response, std::string_view user);

/// Of GET /_cat/allocation: "disk 71 % full" of the fullest; empty where that is not known.
[[nodiscard]] std::string disk_words_of(const HttpResponse& response);

} // namespace holdfast::observer
