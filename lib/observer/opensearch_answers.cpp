#include "observer/opensearch_answers.h"

#include "base/number.h"
#include "observer/json.h"
#include "observer/management.h"
#include "observer/words.h"

#include <algorithm>
#include <optional>

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

namespace index_block {
constexpr const char* closed = "4";
constexpr const char* flood_stage = "12";
constexpr const char* searchable_snapshot = "13";
} // namespace index_block

/// The indices that cannot be written for a cause, and the first of them.
struct Blocked {
  std::size_t count = 0;
  std::string first;
  std::string description;
};

/// An index that is closed or is a snapshot is not written by its nature.
bool is_for_writing(const Json& blocks) {
  return value_at(blocks, index_block::closed).is_null() &&
         value_at(blocks, index_block::searchable_snapshot).is_null();
}

/// By the blocks of one number, or by any; each index is counted once.
Blocked blocked_indices(const Json& indices, std::optional<std::string_view> number) {
  Blocked blocked;
  if (!indices.is_object()) return blocked;
  for (const auto& [index, blocks] : indices.items()) {
    if (!blocks.is_object() || !is_for_writing(blocks)) continue;
    const auto& its = blocks.items();
    const auto found = std::find_if(its.begin(), its.end(), [&](const auto& block) {
      return blocks_writes(block.value()) && (!number || block.key() == *number);
    });
    if (found == its.end() || blocked.count++ > 0) continue;
    blocked.first = index;
    blocked.description = text_at(found.value(), "description");
  }
  return blocked;
}

std::string name_of(const Blocked& blocked, const Secrets& secrets) {
  if (blocked.count == 1) return "index " + secrets.excerpt(blocked.first);
  return std::to_string(blocked.count) + " indices";
}

Answer blocks_of_indices(const Json& indices, const Secrets& secrets) {
  const Blocked flooded = blocked_indices(indices, index_block::flood_stage);
  if (flooded.count > 0)
    return {failed, name_of(flooded, secrets) + " cannot be written: the disk is past its flood stage"};
  const Blocked blocked = blocked_indices(indices, std::nullopt);
  if (blocked.count > 0)
    return {failed,
            name_of(blocked, secrets) + " cannot be written: " + secrets.excerpt(blocked.description)};
  return {succeeded, ""};
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
  if (response.status != 200) return error_of(response, user);
  const auto json = parse_json(response.body);
  const Json& blocks = json ? value_at(*json, "blocks") : value_at({}, "");
  if (!blocks.is_object()) return no_sense(response);
  Answer of_cluster = blocks_of_cluster(value_at(blocks, "global"), response.secrets);
  if (of_cluster.verdict != succeeded) return of_cluster;
  Answer of_indices = blocks_of_indices(value_at(blocks, "indices"), response.secrets);
  return of_indices.verdict == succeeded ? of_cluster : of_indices;
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
