#include "stack/servers.h"

#include "support/ports.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace holdfast::test {
namespace {

constexpr int port_count = 5;

} // namespace

Servers::Servers() : first_port_(free_ports(port_count)) {
  const auto made = run_program({HOLDFAST_SOURCE_DIR "/packaging/make-stack", directory_.path(),
                                 std::to_string(first_port_), directory_.name()});
  if (made.code != 0) throw std::runtime_error("make-stack: " + made.output);
}

std::vector<int> Servers::ports() const {
  std::vector<int> all;
  for (int n = 0; n < port_count; ++n)
    all.push_back(first_port_ + n);
  return all;
}

void Servers::only_postgresql(const std::string& keys) const {
  const std::string data = directory_ / "postgresql/data";
  std::string entry = "  postgresql:\n    preset: postgresql\n    with: {data: " + data +
                      ", config: " + data +
                      "/postgresql.conf, sockets: " + directory_ / "sockets/postgresql" +
                      ", port: " + std::to_string(first_port_) + "}\n";
  std::istringstream lines(keys);
  for (std::string key; std::getline(lines, key);)
    entry += "    " + key + "\n";
  directory_.write_services(entry);
}

void Servers::set_postgresql(const std::string& line) const {
  std::ofstream(directory_ / "postgresql/data/postgresql.conf", std::ios::app) << line << "\n";
}

Words Servers::psql_words(const std::string& sql) const {
  return {"runuser",
          "--user",
          "postgres",
          "--",
          "psql",
          "--host",
          directory_ / "sockets/postgresql",
          "--port",
          std::to_string(first_port_),
          "--dbname",
          "postgres",
          "--no-psqlrc",
          "--tuples-only",
          "--no-align",
          "--command",
          sql};
}

Finished Servers::psql(const std::string& sql, Milliseconds within) const {
  return run_program(psql_words(sql), within);
}

} // namespace holdfast::test
