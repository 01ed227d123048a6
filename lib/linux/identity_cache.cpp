#include "linux/identity_cache.h"

#include "base/clock.h"

namespace holdfast::linux_os {

Result<Identity> IdentityCache::resolve(const model::Program& program) {
  const MonoTime now = read_mono();
  const Key key{program.user, program.group, program.groups};
  const auto entry = entries_.find(key);
  if (entry != entries_.end() && now - entry->second.found < kept) return entry->second.identity;
  auto identity = resolve_identity(program);
  if (identity)
    entries_.insert_or_assign(key, Entry{identity.value(), now});
  else
    entries_.erase(key);
  return identity;
}

} // namespace holdfast::linux_os
