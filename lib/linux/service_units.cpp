#include "linux/service_units.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include <utility>

namespace holdfast::linux_os {
namespace {

constexpr const char* destination = "org.freedesktop.systemd1";
constexpr const char* manager = "/org/freedesktop/systemd1";
constexpr const char* interface = "org.freedesktop.systemd1.Manager";
constexpr std::chrono::microseconds answers_within = std::chrono::seconds(5);

struct Unref {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, Unref>;

/// One call with its error's name beside what is told to people.
class Call {
public:
  Call() = default;
  ~Call() { sd_bus_error_free(&error_); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  template <typename... Arguments>
  int make(sd_bus* bus, const char* method, const char* types, Arguments... arguments) {
    sd_bus_message* answer = nullptr;
    const int called = sd_bus_call_method(bus, destination, manager, interface, method, &error_, &answer,
                                          types, arguments...);
    answer_.reset(answer);
    return called;
  }

  [[nodiscard]] sd_bus_message* answer() const { return answer_.get(); }
  [[nodiscard]] bool failed_with(const char* name) const { return sd_bus_error_has_name(&error_, name) > 0; }
  [[nodiscard]] Error error(const std::string& unit, int code) const {
    if (error_.message != nullptr) return {"cannot ask systemd about " + unit + ": " + error_.message, -code};
    return system_error("cannot ask systemd about " + unit, -code);
  }

private:
  sd_bus_error error_ = SD_BUS_ERROR_NULL;
  Message answer_;
};

/// Over the socket that systemctl uses where there is no bus.
int open_private(sd_bus** bus) {
  int done = sd_bus_new(bus);
  if (done >= 0) done = sd_bus_set_address(*bus, "unix:path=/run/systemd/private");
  if (done >= 0) done = sd_bus_start(*bus);
  return done;
}

} // namespace

void ServiceUnits::Closer::operator()(sd_bus* bus) const {
  sd_bus_close_unref(bus);
}

ServiceUnits::ServiceUnits(sd_bus* bus) : bus_(bus) {
  sd_bus_set_method_call_timeout(bus, static_cast<std::uint64_t>(answers_within.count()));
}

bool ServiceUnits::available() {
  return sd_booted() > 0;
}

Result<ServiceUnits> ServiceUnits::connect() {
  sd_bus* bus = nullptr;
  int done = sd_bus_open_system(&bus);
  if (done < 0 && ::geteuid() == 0) done = open_private(&bus);
  if (done < 0) {
    sd_bus_close_unref(bus);
    return system_error("cannot ask systemd: no D-Bus", -done);
  }
  return ServiceUnits(bus);
}

Result<UnitFacts> ServiceUnits::facts(const std::string& unit) {
  const auto active = is_active(unit);
  if (!active) return active.error();
  const auto enabled = is_enabled(unit);
  if (!enabled) return enabled.error();
  return UnitFacts{.active = active.value(), .enabled = enabled.value()};
}

/// A unit that is not there comes back as "inactive".
Result<bool> ServiceUnits::is_active(const std::string& unit) {
  Call call;
  const int called = call.make(bus_.get(), "ListUnitsByNames", "as", 1, unit.c_str());
  if (called < 0) return call.error(unit, called);
  const char* active = nullptr;
  int read = sd_bus_message_enter_container(call.answer(), 'a', "(ssssssouso)");
  if (read > 0) read = sd_bus_message_enter_container(call.answer(), 'r', "ssssssouso");
  if (read > 0) read = sd_bus_message_read(call.answer(), "ssss", nullptr, nullptr, nullptr, &active);
  if (read < 0) return call.error(unit, read);
  constexpr std::array<std::string_view, 3> states = {"active", "activating", "reloading"};
  return active != nullptr && std::find(states.begin(), states.end(), active) != states.end();
}

Result<bool> ServiceUnits::is_enabled(const std::string& unit) {
  Call call;
  const int called = call.make(bus_.get(), "GetUnitFileState", "s", unit.c_str());
  if (called < 0 && (call.failed_with("org.freedesktop.DBus.Error.FileNotFound") ||
                     call.failed_with("org.freedesktop.systemd1.NoSuchUnit")))
    return false;
  if (called < 0) return call.error(unit, called);
  const char* state = nullptr;
  if (const int read = sd_bus_message_read(call.answer(), "s", &state); read < 0)
    return call.error(unit, read);
  return std::string_view(state).starts_with("enabled");
}

} // namespace holdfast::linux_os
