// The presets with what Debian's packages configure: a cluster of pg_createcluster, Debian's redis.conf
// (which daemonizes and logs to a file of its own), a broker without a configuration file.

#include "stack/nothing_left.h"
#include "support/catch.h"
#include "support/ports.h"

#include <filesystem>
#include <regex>
#include <unistd.h>

using namespace holdfast::test;

namespace {

// Made by Debian's tool under /etc/postgresql and /var/lib/postgresql, and dropped with the test.
class DebianCluster {
public:
  explicit DebianCluster(int port) : name_("holdfasttest" + std::to_string(::getpid())) {
    const auto made = run_program(
        {"pg_createcluster", "--port", std::to_string(port), "--start-conf", "manual", "15", name_});
    if (made.code != 0) throw std::runtime_error("pg_createcluster: " + made.output);
  }
  ~DebianCluster() { static_cast<void>(run_program({"pg_dropcluster", "15", name_})); }
  DebianCluster(const DebianCluster&) = delete;
  DebianCluster& operator=(const DebianCluster&) = delete;

  [[nodiscard]] std::string data() const { return "/var/lib/postgresql/15/" + name_; }
  [[nodiscard]] std::string config() const { return "/etc/postgresql/15/" + name_ + "/postgresql.conf"; }

private:
  std::string name_;
};

void make_directory_of(const std::string& user, const std::string& path) {
  std::filesystem::create_directories(path);
  if (run_program({"chown", user + ":", path}).code != 0) throw std::runtime_error("chown " + path);
}

} // namespace

TEST_CASE("a cluster that Debian's pg_createcluster made", "[debian]") {
  const int port = free_ports(1);
  const DebianCluster cluster(port);
  const StackDirectory directory;
  directory.write_services("  postgresql: {preset: postgresql, with: {data: " + cluster.data() +
                           ", config: " + cluster.config() + ", port: " + std::to_string(port) + "}}\n");
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  CHECK(run_program({"runuser", "--user", "postgres", "--", "psql", "--port", std::to_string(port),
                     "--command", "select 1"})
            .failure() == "");
  CHECK(stack.stop() == 0);
  CHECK(left_of(directory, {port}) == "");
}

TEST_CASE("Debian's redis.conf", "[debian]") {
  const int port = free_ports(1);
  const StackDirectory directory;
  make_directory_of("redis", directory / "redis");
  // Its paths alone are moved: a Redis of this machine's own keeps its data and its pid file.
  std::string config = contents("/etc/redis/redis.conf");
  REQUIRE(config.find("\ndaemonize yes\n") != std::string::npos);
  for (const std::string path : {"/var/lib/redis", "/run/redis", "/var/log/redis"})
    config = std::regex_replace(config, std::regex("(\n[a-z]+ )" + path), "$1" + directory / "redis");
  directory.write("redis.conf", config);
  directory.write_services("  redis: {preset: redis, with: {config: " + directory / "redis.conf" +
                           ", dir: " + directory / "redis" + ", run: " + directory / "sockets" +
                           ", port: " + std::to_string(port) + "}}\n");
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  CHECK(run_program({"redis-cli", "-p", std::to_string(port), "ping"}).output == "PONG\n");
  CHECK(stack.stop() == 0);
  CHECK(contents(directory / "log/redis.log").find("Ready to accept connections") != std::string::npos);
  CHECK(left_of(directory, {port}) == "");
}

TEST_CASE("a broker with Debian's rabbitmq-env.conf and no configuration file", "[debian]") {
  const int port = free_ports(3);
  const StackDirectory directory;
  make_directory_of("rabbitmq", directory / "rabbitmq");
  const std::string home = directory / "rabbitmq";
  directory.write_services("  epmd: {preset: epmd, with: {port: " + std::to_string(port) +
                           "}}\n  rabbitmq: {preset: rabbitmq, with: {home: " + home + ", base: " + home +
                           "/mnesia, logs: " + home + ", epmd_port: " + std::to_string(port) + ", port: " +
                           std::to_string(port + 1) + ", dist_port: " + std::to_string(port + 2) + "}}\n");
  RunningStack stack(directory);
  stack.events().wait_for("", "working", 180s);
  CHECK_FALSE(port_is_free(port + 1));
  CHECK(stack.stop() == 0);
  CHECK(left_of(directory, {port, port + 1, port + 2}) == "");
}
