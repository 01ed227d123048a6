#include "chaos/busy_services.h"

#include "support/ports.h"

namespace holdfast::test {

using nlohmann::json;

BusyServices::BusyServices(const ChaosPlace& place, std::uint64_t bytes_a_second)
    : place_(place), bytes_a_second_(bytes_a_second), port_(free_ports(1)) {}

std::vector<ChaosService> BusyServices::services() const {
  const std::string rate = std::to_string(bytes_a_second_ / 2);
  const std::string address = "127.0.0.1:" + std::to_string(port_);
  return {
      {.name = "stamped", .words = {"lines", rate}},
      {.name = "raw", .words = {"lines", rate}, .keys = {{"log", {{"timestamps", false}}}}},
      {.name = "chatty", .words = {"lines", "200000"}},
      {.name = "notify", .words = {"notify"}, .keys = {{"ready", {{"notify", true}}}}},
      {.name = "probed",
       .words = {"lines", "20000"},
       .keys = {{"ready", {{"exec", place_.program({"probe"})}, {"every", "200ms"}}}}},
      {.name = "front",
       .words = {"lines", "20000"},
       .keys = {{"needs", {{"notify", {{"restart", true}}}, {"probed", json::object()}}}}},
      {.name = "mortal", .words = {"mortal", "400"}, .keys = {{"critical", false}}},
      {.name = "family", .words = {"family"}},
      {.name = "changed",
       .words = {"lines", "20000"},
       .keys = {{"environment", {{"TURN", std::to_string(turn_)}}}}},
      {.name = "web",
       .words = {"serve", std::to_string(port_)},
       .keys = {{"sockets", json::array({{{"name", "web"}, {"listen", address}}})},
                {"ready", {{"tcp", address}, {"every", "100ms"}}}}},
      {.name = "job", .words = {"job"}, .keys = {{"task", {{"run", "on-command"}}}}},
  };
}

std::vector<BusyServices::Log> BusyServices::logs() const {
  std::vector<Log> all;
  for (const ChaosService& service : services())
    all.push_back({.service = service.name, .timestamps = service.name != "raw"});
  return all;
}

void BusyServices::configure() {
  place_.configure(services(), turn_ % 2 == 0 ? "4MiB" : "3MiB");
  ++turn_;
}

std::vector<Deed> BusyServices::deeds() {
  const auto restart = [](const std::string& service) {
    return Deed{.commands = {{"restart", service}}, .ends = {service}, .before = {}};
  };
  return {restart("stamped"),
          restart("raw"),
          restart("family"),
          restart("web"),
          {.commands = {{"restart", "notify"}}, .ends = {"notify", "front"}, .before = {}},
          {.commands = {{"stop", "probed"}, {"start", "probed"}}, .ends = {"probed", "front"}, .before = {}},
          {.commands = {{"task", "run", "job"}}, .ends = {}, .before = {}},
          {.commands = {{"door", "close"}, {"door", "open"}}, .ends = {}, .before = {}},
          {.commands = {{"reload"}}, .ends = {"changed"}, .before = [this] { configure(); }}};
}

} // namespace holdfast::test
