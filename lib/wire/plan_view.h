#pragma once
// What a configuration is and what it would change, as data and as JSON: the answer to `plan` and the first
// answer to `reload`. The same rules as for status_view.h: keys may be added, none change.

#include "base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::wire {

/// One mistake in the configuration; an element of `check --json` with what `check` prints for it.
struct Mistake {
  std::string file{};
  int line = 0;
  int column = 0;
  std::string severity{}; ///< "error" or "warning"
  std::string path{};
  std::string message{};
  std::string hint{};
  std::string shown{}; ///< all of it with the excerpt, each line ended by a newline
  bool operator==(const Mistake&) const = default;
};

/// A key whose value is another. Values that may be secret are not told.
struct KeyChange {
  std::string key{};  ///< "services.redis.command"
  std::string from{}; ///< empty, with `to`: it is not told
  std::string to{};
  bool operator==(const KeyChange&) const = default;
};

/// What happens to one service, or to the stack.
struct PlannedChange {
  std::string service{}; ///< empty: the stack
  std::string effect{};  ///< "nothing", "live", "reload", "restart", "start", "stop", "daemon-restart"
  std::string why{};     ///< where it is not one of the keys: "removed", "/etc/redis.conf changed"
  std::vector<KeyChange> keys{};
  bool operator==(const PlannedChange&) const = default;
};

struct PlanView {
  std::string config{}; ///< the file
  bool valid = true;    ///< no mistake is an error
  bool daemon = true;   ///< false: none runs, `changes` are what a start would do
  std::vector<Mistake> mistakes{};
  std::vector<PlannedChange> changes{};
  bool operator==(const PlanView&) const = default;
};

/// `plan --json`: one line without a newline.
[[nodiscard]] std::string encode_plan(const PlanView& view);

} // namespace holdfast::wire
