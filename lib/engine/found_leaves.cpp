#include "engine/found_leaves.h"

#include "base/number.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

namespace holdfast::engine {
namespace {

std::vector<RunNumber> runs_in(const std::string& service) {
  std::vector<RunNumber> runs;
  std::error_code error;
  for (std::filesystem::directory_iterator at(service, error), end; !error && at != end; at.increment(error))
    if (const auto number = whole_number<std::uint64_t>(at->path().filename().string()))
      runs.push_back({*number});
  std::sort(runs.begin(), runs.end());
  return runs;
}

} // namespace

std::vector<FoundLeaf> find_leaves(const Tree& tree, const model::StackSpec& spec, const LastStopRows& rows) {
  std::vector<FoundLeaf> found;
  for (std::uint32_t i = 0; i < spec.services.size(); ++i) {
    const std::string service = tree.service(spec.services[i].name);
    for (const RunNumber run : runs_in(service)) {
      auto leaf = linux_os::Leaf::open(service + "/" + std::to_string(run.value));
      if (!leaf) continue;
      const auto populated = leaf.value().populated();
      const auto row = rows.find({i}, leaf.value().path()).value_or(LastStopRows::OfRun{});
      found.push_back({.service = {i},
                       .run = run,
                       .leaf = std::move(leaf).value(),
                       .populated = populated && populated.value(),
                       .pid = row.pid != nullptr ? row.pid->load() : 0,
                       .rungs_done = row.rungs_done,
                       .was_ready = row.was_ready});
    }
  }
  return found;
}

} // namespace holdfast::engine
