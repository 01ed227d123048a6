#include "observer/opensearch_answers.h"

#include "base/number.h"
#include "observer/json.h"
#include "observer/management.h"
#include "observer/words.h"

#include <algorithm>
#include <array>

namespace holdfast::observer {
namespace {

using enum wire::ProbeVerdict;

/// {"error":{"type":…,"reason":…},"status":503}
Answer error_of(const HttpResponse& response, std::string_view user) {
  const auto json = parse_json(response.body);
  const Json& error = json ? value_at(*json, "error") : value_at({}, "");
  const std::string reason = text_at(error, text_at(error, "reason").empty() ? "type" : "reason");
  if (response.status == 401 || response.status == 403) return refusal_of(response, user);
  // While it looks for its manager or reads its state it answers 503 to everything.
  const wire::ProbeVerdict verdict = response.status == 503 ? starting : failed;
  if (!reason.empty()) return {verdict, status_of(response) + ": " + response.secrets.excerpt(reason)};
  return {verdict, words_of(response)};
}

Answer no_sense(const HttpResponse& response) {
  return {failed, response.is_cut ? "its answer is longer than any of OpenSearch's"
                                  : "its answer is not OpenSearch's: " + words_of(response)};
}

std::string unassigned_words(const Json& health) {
  const auto shards = number_at(health, "unassigned_shards");
  if (!shards || *shards == 0) return "";
  return ", " + counted(*shards, "shard") + " unassigned";
}

bool blocks_writes(const Json& block) {
  const Json& levels = value_at(block, "levels");
  return std::find(levels.begin(), levels.end(), "write") != levels.end();
}

/// The indices that have a block of the number, and the first of them.
struct Blocked {
  std::size_t count = 0;
  std::string first;
};

Blocked indices_with(const Json& indices, const char* number) {
  Blocked blocked;
  if (!indices.is_object()) return blocked;
  for (const auto& [index, blocks] : indices.items())
    if (!value_at(blocks, number).is_null() && blocked.count++ == 0) blocked.first = index;
  return blocked;
}

Answer blocks_of_cluster(const Json& global, const Secrets& secrets) {
  constexpr const char* state_not_recovered = "1";
  constexpr const char* no_manager = "2";
  constexpr const char* no_new_index = "10";
  for (const char* const number : {state_not_recovered, no_manager})
    if (const Json& block = value_at(global, number); !block.is_null())
      return {starting, secrets.excerpt(text_at(block, "description"))};
  if (global.is_object())
    for (const Json& block : global)
      if (blocks_writes(block)) return {failed, secrets.excerpt(text_at(block, "description"))};
  // OpenSearch sets this by itself when all disks are past their high watermark.
  if (!value_at(global, no_new_index).is_null())
    return {succeeded, "no index can be made (high watermark of the disk)"};
  return {succeeded, ""};
}

} // namespace

Answer health_of(const HttpResponse& response, std::string_view user) {
  // 408: it answers, but did not come to the status that was waited for; we wait for none.
  if (response.status != 200 && response.status != 408) return error_of(response, user);
  const auto json = parse_json(response.body);
  const std::string status = json ? text_at(*json, "status") : "";
  if (status == "green") return {succeeded, "green"};
  if (status == "yellow") return {succeeded, "yellow" + unassigned_words(*json)};
  if (status == "red") return {failed, "red: a primary shard is missing" + unassigned_words(*json)};
  return no_sense(response);
}

Answer blocks_of(const HttpResponse& response, std::string_view user) {
  constexpr const char* flood_stage = "12";
  if (response.status != 200) return error_of(response, user);
  const auto json = parse_json(response.body);
  const Json& blocks = json ? value_at(*json, "blocks") : value_at({}, "");
  if (!blocks.is_object()) return no_sense(response);
  Answer of_cluster = blocks_of_cluster(value_at(blocks, "global"), response.secrets);
  const Blocked flooded = indices_with(value_at(blocks, "indices"), flood_stage);
  if (of_cluster.verdict != succeeded || flooded.count == 0) return of_cluster;
  const std::string which = flooded.count == 1 ? "index " + response.secrets.excerpt(flooded.first) + " is"
                                               : std::to_string(flooded.count) + " indices are";
  return {failed, which + " read-only: the disk is past its flood stage"};
}

std::string disk_words_of(const HttpResponse& response) {
  const auto json = parse_json(response.body);
  if (response.status != 200 || !json || !json->is_array()) return "";
  std::optional<unsigned> fullest;
  for (const Json& node : *json)
    if (const auto percent = whole_number<unsigned>(text_at(node, "disk.percent"));
        percent && *percent <= 100)
      fullest = std::max(fullest.value_or(0), *percent);
  return fullest ? "disk " + std::to_string(*fullest) + " % full" : "";
}

} // namespace holdfast::observer
