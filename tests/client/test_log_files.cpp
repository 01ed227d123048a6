#include "client/log_files.h"
#include "command.h"

using namespace holdfast;
using namespace holdfast::client;
using namespace holdfast::test;

namespace {

std::vector<std::string> rotated_names(const Command& command) {
  const auto files = rotated_logs(command.scratch.path(), "redis");
  REQUIRE(files.ok());
  std::vector<std::string> names;
  for (const LogFileName& file : files.value())
    names.push_back(file.name);
  return names;
}

} // namespace

TEST_CASE("rotated files of a log, oldest first, whatever they are compressed with") {
  Command command;
  for (const char* name :
       {"redis.log-20261124T065330.000002Z.gz", "redis.log-20261124T065330.000003Z", "redis.log",
        "redis.log-20261123T065330.000009Z.zst", "redis.log-20261124T065330.000004Z.zst.tmp",
        "redis.log-20261124T065330.000005Z.bz2", "redis.log-1", "redis.log-20261124",
        "redis.log-20261124T0653x0.000005Z", "redis2.log-20261124T065330.000003Z", "redis.log.1.gz"})
    command.put(name, "");
  CHECK(rotated_names(command) == std::vector<std::string>{"redis.log-20261123T065330.000009Z.zst",
                                                           "redis.log-20261124T065330.000002Z.gz",
                                                           "redis.log-20261124T065330.000003Z"});
}

TEST_CASE("where a file and what it was compressed to are both there the file is the one") {
  Command command;
  for (const char* name : {"redis.log-20261124T065330.000001Z.zst", "redis.log-20261124T065330.000001Z",
                           "redis.log-20261124T065330.000002Z.gz", "redis.log-20261124T065330.000002Z.zst"})
    command.put(name, "");
  CHECK(rotated_names(command) == std::vector<std::string>{"redis.log-20261124T065330.000001Z",
                                                           "redis.log-20261124T065330.000002Z.zst"});
}

TEST_CASE("which services have logs, also where only rotated files are left") {
  Command command;
  for (const char* name : {"redis.log", "web.log", "redis.log-20261124T065330.000001Z", "Bad.log",
                           "status.json", "old.log-20261124T065330.000001Z.zst", "odd.log-1", "a.logs"})
    command.put(name, "");
  CHECK(logged_services(command.scratch.path()).value() == std::vector<std::string>{"old", "redis", "web"});
}

TEST_CASE("a directory of logs that cannot be read is an error that names it") {
  const auto files = rotated_logs("/nonexistent/logs", "redis");
  REQUIRE_FALSE(files.ok());
  CHECK(files.error().what == "/nonexistent/logs: No such file or directory");
  CHECK_FALSE(logged_services("/nonexistent/logs").ok());
}

TEST_CASE("names that are made are those that are read") {
  CHECK(rotated_log("web", wire::as_in_names("2026-11-24T06:53:30.123456Z"), wire::Compression::gzip) ==
        "web.log-20261124T065330.123456Z.gz");
}
