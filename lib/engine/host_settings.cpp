#include "engine/host_settings.h"

#include "linux/host_setting.h"

#include <algorithm>

namespace holdfast::engine {
namespace {

constexpr auto look_again = std::chrono::seconds(5);

} // namespace

void HostSettings::look() {
  const model::StackSpec& spec = stack_.spec();
  bool all_met = true;
  for (const model::HostSetting& setting : spec.host) {
    const std::string name = model::words(setting);
    const std::string what = linux_os::unmet(setting);
    all_met = all_met && what.empty();
    if (const auto told = told_.find(name); told != told_.end() && told->second == what) continue;
    told_[name] = what;
    const model::Condition wanted{.kind = model::ConditionKind::host, .name = name};
    const auto found = std::find(spec.conditions.begin(), spec.conditions.end(), wanted);
    const auto place = static_cast<std::uint32_t>(found - spec.conditions.begin());
    happened_(model::ConditionSeen{{place}, what.empty(), what});
  }
  if (all_met) return;
  timer_.expires_after(look_again);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) look();
  });
}

std::string HostSettings::refusal(ServiceId service) const {
  const model::StackSpec& spec = stack_.spec();
  for (const ConditionId id : stack_.spec(service).conditions) {
    const model::Condition& condition = spec.conditions[id.index];
    if (condition.kind != model::ConditionKind::host) continue;
    for (const model::HostSetting& setting : spec.host)
      if (model::words(setting) == condition.name)
        if (const std::string what = linux_os::unmet(setting); !what.empty())
          return condition.name + ": " + what;
  }
  return {};
}

} // namespace holdfast::engine
