#pragma once

#include "base/time.h"
#include "linux/spawn.h"
#include "model/spec.h"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace holdfast::linux_os {

/// resolve_identity() with a memory of one second: a herd of services of one user, or one that crashes again
/// and again, does not ask a directory server each time, and a change of users counts for whatever is started
/// a second later. Only what was found is remembered.
class IdentityCache {
public:
  static constexpr Duration kept = std::chrono::seconds(1);

  [[nodiscard]] Result<Identity> resolve(const model::Program& program);

private:
  using Key = std::tuple<std::string, std::string, std::optional<std::vector<std::string>>>;
  struct Entry {
    Identity identity;
    MonoTime found;
  };
  std::map<Key, Entry> entries_;
};

} // namespace holdfast::linux_os
