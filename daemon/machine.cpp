#include "machine.h"
#include "volume_flaw.h"

#include "linux/cgroup.h"
#include "linux/host_setting.h"
#include "linux/listeners.h"
#include "linux/service_units.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <unistd.h>

namespace holdfast::daemon {
namespace {

/// ".../stack/NAME/RUN": the service runs, under us.
bool is_a_run_of(const std::string& service, const std::filesystem::path& cgroup) {
  const std::filesystem::path parent = cgroup.parent_path();
  return parent.filename() == service && parent.parent_path().filename() == "stack";
}

/// ".../supervisor" of the daemon that has `service`: the socket is held for it.
bool is_held_for(const std::string& service, const std::filesystem::path& cgroup) {
  if (cgroup.filename() != "supervisor") return false;
  const auto mount = linux_os::cgroup_mount();
  std::error_code ignored;
  return mount && std::filesystem::is_directory(
                      mount.value() + cgroup.parent_path().string() + "/stack/" + service, ignored);
}

/// The unit of systemd that a process belongs to; empty: none.
std::string unit_of(const std::filesystem::path& cgroup) {
  for (std::filesystem::path at = cgroup; at.has_relative_path(); at = at.parent_path())
    if (at.extension() == ".service") return at.filename();
  return {};
}

Result<std::string> listener(const std::string& service, const std::string& address) {
  const auto holder = linux_os::holder_of(address);
  if (!holder) return holder.error();
  if (!holder.value()) return std::string();
  const linux_os::Holder& found = *holder.value();
  if (is_a_run_of(service, found.cgroup) || is_held_for(service, found.cgroup)) return std::string();
  if (found.pid == 0) return std::string("somebody; as root it could be seen who");
  const std::string unit = unit_of(found.cgroup);
  return found.name + " (pid " + std::to_string(found.pid) + (unit.empty() ? "" : ", " + unit) + ")";
}

/// One connection for all questions, made at the first of them.
class Units {
public:
  Result<config::UnitState> state(const std::string& unit) {
    if (!units_) {
      auto connected = linux_os::ServiceUnits::connect();
      if (!connected) return connected.error();
      units_ = std::move(connected).value();
    }
    const auto facts = units_->facts(unit);
    if (!facts) return facts.error();
    return config::UnitState{.active = facts.value().active, .enabled = facts.value().enabled};
  }

private:
  std::optional<linux_os::ServiceUnits> units_;
};

} // namespace

config::MachineQuestions machine_questions() {
  config::MachineQuestions questions{
      .listener = listener, .unit = {}, .volume = {}, .host = [](const model::HostSetting& setting) {
        return linux_os::unmet(setting);
      }};
  // Whoever may not look behind a directory cannot tell.
  if (::geteuid() == 0) questions.volume = volume_flaw;
  if (::geteuid() == 0 && linux_os::ServiceUnits::available())
    questions.unit = [units = std::make_shared<Units>()](const std::string& unit) {
      return units->state(unit);
    };
  return questions;
}

} // namespace holdfast::daemon
