// Against a service manager of the test's own, on a connection without a bus between.

#include "linux/service_units.h"
#include "support/catch.h"

#include <map>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>
#include <thread>

using namespace holdfast;

namespace {

struct Unit {
  std::string active = "inactive";
  std::string file_state; ///< empty: there is no such file
};

/// Answers until its peer is gone.
class Manager {
public:
  explicit Manager(std::map<std::string, Unit> units) : units_(std::move(units)) {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends_) == 0);
    thread_ = std::thread([this] { serve(ends_[1]); });
  }
  ~Manager() { thread_.join(); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// Once: whoever asks owns the connection.
  linux_os::ServiceUnits units() const {
    sd_bus* bus = nullptr;
    REQUIRE(sd_bus_new(&bus) >= 0);
    REQUIRE(sd_bus_set_fd(bus, ends_[0], ends_[0]) >= 0);
    REQUIRE(sd_bus_start(bus) >= 0);
    return linux_os::ServiceUnits(bus);
  }

private:
  static int list(sd_bus_message* message, void* manager, sd_bus_error*) {
    const char* name = nullptr;
    sd_bus_message_enter_container(message, 'a', "s");
    sd_bus_message_read(message, "s", &name);
    const Unit unit = static_cast<Manager*>(manager)->units_[name];
    return sd_bus_reply_method_return(message, "a(ssssssouso)", 1, name, "", "loaded", unit.active.c_str(),
                                      "dead", "", "/unit", 0U, "", "/");
  }

  static int file_state(sd_bus_message* message, void* manager, sd_bus_error* error) {
    const char* name = nullptr;
    sd_bus_message_read(message, "s", &name);
    const Unit unit = static_cast<Manager*>(manager)->units_[name];
    if (unit.file_state == "refused")
      return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "not for you");
    if (unit.file_state.empty()) return sd_bus_error_set(error, SD_BUS_ERROR_FILE_NOT_FOUND, "no such file");
    return sd_bus_reply_method_return(message, "s", unit.file_state.c_str());
  }

  void serve(int fd) {
    static const sd_bus_vtable methods[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("ListUnitsByNames", "as", "a(ssssssouso)", list, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("GetUnitFileState", "s", "s", file_state, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END};
    sd_bus* bus = nullptr;
    sd_id128_t id{};
    sd_id128_randomize(&id);
    sd_bus_new(&bus);
    sd_bus_set_fd(bus, fd, fd);
    sd_bus_set_server(bus, 1, id);
    sd_bus_add_object_vtable(bus, nullptr, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                             methods, this);
    sd_bus_start(bus);
    for (;;) {
      const int processed = sd_bus_process(bus, nullptr);
      if (processed < 0) break;
      if (processed == 0 && sd_bus_wait(bus, UINT64_MAX) < 0) break;
    }
    sd_bus_close_unref(bus);
  }

  std::map<std::string, Unit> units_;
  int ends_[2] = {-1, -1};
  std::thread thread_;
};

} // namespace

TEST_CASE("service units: active, enabled, both, neither, and one that is not there") {
  const Manager manager({{"a.service", {"active", "disabled"}},
                         {"b.socket", {"inactive", "enabled"}},
                         {"c.service", {"activating", "enabled-runtime"}},
                         {"d.service", {"failed", "masked"}}});
  auto units = manager.units();
  const auto state = [&units](const char* unit) {
    const auto facts = units.facts(unit);
    REQUIRE(facts.ok());
    return std::pair(facts.value().active, facts.value().enabled);
  };
  CHECK(state("a.service") == std::pair(true, false));
  CHECK(state("b.socket") == std::pair(false, true));
  CHECK(state("c.service") == std::pair(true, true));
  CHECK(state("d.service") == std::pair(false, false));
  CHECK(state("nowhere.service") == std::pair(false, false));
}

TEST_CASE("service units: a refusal is an error that names the unit") {
  const Manager manager({{"a.service", {"active", "refused"}}});
  auto units = manager.units();
  const auto facts = units.facts("a.service");
  REQUIRE_FALSE(facts.ok());
  CHECK(facts.error().what == "cannot ask systemd about a.service: not for you");
}
