#include "client/options.h"
#include "command.h"
#include "support/catch.h"

using namespace holdfast;
using namespace holdfast::client;

namespace {

Options parsed(const std::vector<std::string>& words) {
  const Parsed result = parse(words, "1.2.3");
  INFO(result.text);
  REQUIRE(result.options.has_value());
  return *result.options;
}

int refused(const std::vector<std::string>& words) {
  const Parsed result = parse(words, "1.2.3");
  REQUIRE_FALSE(result.options.has_value());
  CHECK_FALSE(result.text.empty());
  return result.exit_code;
}

} // namespace

TEST_CASE("options stand before or after the verb") {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"--json", "--socket", "/s", "status", "--watch"},
                                             {"status", "--watch", "--json", "--socket=/s"},
                                             {"--socket=/s", "-w", "status", "--json"}}) {
    const Options options = parsed(words);
    CHECK(options.verb == Verb::status);
    CHECK(options.json);
    CHECK(options.watch);
    CHECK(options.socket == "/s");
  }
  const Options logs = parsed({"-n", "5", "-f", "logs", "redis", "worker"});
  CHECK(logs.lines == 5U);
  CHECK(logs.follow);
  CHECK(logs.services == std::vector<std::string>{"redis", "worker"});
}

TEST_CASE("a service may be called as a verb is") {
  const Options options = parsed({"stop", "status", "--no-wait", "start"});
  CHECK(options.verb == Verb::stop);
  CHECK(options.no_wait);
  CHECK(options.services == std::vector<std::string>{"status", "start"});
}

TEST_CASE("what is not understood is a usage error") {
  CHECK(refused({}) == 2);
  CHECK(refused({"frobnicate"}) == 2);
  CHECK(refused({"status", "redis"}) == 2);
  CHECK(refused({"status", "--frobnicate"}) == 2);
  CHECK(refused({"status", "--no-wait"}) == 2);
  CHECK(refused({"stop", "--json"}) == 2);
  CHECK(refused({"logs", "-n", "many"}) == 2);
  CHECK(refused({"logs", "-n", "-1"}) == 2);
  CHECK(refused({"stop", "../x"}) == 2);
  CHECK(refused({"stop", "Redis"}) == 2);
  CHECK(refused({"--config"}) == 2);
}

TEST_CASE("volumes are shown, or one is adopted by its name") {
  const Options list = parsed({"volume", "--json", "list"});
  CHECK(list.verb == Verb::volume_list);
  CHECK(list.json);
  const Options adopt = parsed({"--socket", "/s", "volume", "adopt", "database"});
  CHECK(adopt.verb == Verb::volume_adopt);
  CHECK(adopt.volume == "database");
  CHECK(refused({"volume"}) == 2);
  CHECK(refused({"volume", "remove", "database"}) == 2);
  CHECK(refused({"volume", "adopt"}) == 2);
  CHECK(refused({"volume", "adopt", "../x"}) == 2);
  CHECK(refused({"volume", "adopt", "a", "b"}) == 2);
  CHECK(refused({"volume", "adopt", "database", "--json"}) == 2);
  CHECK(refused({"volume", "list", "database"}) == 2);
}

TEST_CASE("an upgrade is of the whole stack and is waited for") {
  const Options upgrade = parsed({"--config", "/f", "upgrade", "--socket", "/s"});
  CHECK(upgrade.verb == Verb::upgrade);
  CHECK(upgrade.config == "/f");
  CHECK(upgrade.socket == "/s");
  CHECK(upgrade.services.empty());
  CHECK(refused({"upgrade", "redis"}) == 2);
  CHECK(refused({"upgrade", "--no-wait"}) == 2);
  CHECK(refused({"upgrade", "--json"}) == 2);
}

TEST_CASE("verbs that are not built yet say so") {
  for (const char* verb : {"incidents", "alert", "drill"}) {
    const Parsed result = parse({verb, "--json", "whatever"}, "1.2.3");
    CHECK_FALSE(result.options.has_value());
    CHECK(result.exit_code == 2);
    CHECK(result.text == "holdfast: " + std::string(verb) + ": not supported yet\n");
  }
}

TEST_CASE("help and version are no mistakes") {
  CHECK(refused({"--help"}) == 0);
  CHECK(refused({"status", "--help"}) == 0);
  const Parsed version = parse({"--version"}, "1.2.3");
  CHECK(version.exit_code == 0);
  CHECK(version.text == "holdfast 1.2.3\n");
}

TEST_CASE("check is handed what it is asked, and its exit code is passed on") {
  test::Command command;
  CHECK(command.run({"check", "--config", "/some/file", "--json"}).code == 1);
  CHECK(command.checked_.config == "/some/file");
  CHECK(command.checked_.json);
}

TEST_CASE("an anchor that cannot be started is said to be missing") {
  test::Command command;
  const test::Ran ran = command.run({"run"});
  CHECK(ran.code == 4);
  CHECK(ran.err.find("/no-anchor: No such file or directory") != std::string::npos);
}

TEST_CASE("a task is run by its name, with or without the word") {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"task", "run", "setup"},
                                             {"task", "setup"},
                                             {"--no-wait", "task", "run", "setup", "--socket", "/s"}}) {
    const Options options = parsed(words);
    CHECK(options.verb == Verb::task);
    CHECK(options.services == std::vector<std::string>{"setup"});
  }
  // One of that name.
  CHECK(refused({"task", "run"}) == 2);
  CHECK(refused({"task", "--no-wait", "run"}) == 2);
  CHECK(parsed({"task", "run", "run"}).services == std::vector<std::string>{"run"});
  CHECK(refused({"task", "walk", "setup"}) == 2);
  CHECK(refused({"task", "run", "setup", "more"}) == 2);
}

TEST_CASE("which lines of logs, and how they are shown") {
  const Options logs = parsed({"--since", "10m", "-g", "a|b", "-o", "raw", "logs", "--until=now", "redis"});
  CHECK(logs.since == "10m");
  CHECK(logs.until == "now");
  CHECK(logs.grep == "a|b");
  CHECK(logs.raw);
  CHECK_FALSE(logs.json);
  CHECK(logs.services == std::vector<std::string>{"redis"});
  CHECK(parsed({"logs", "-o", "json"}).json);
  CHECK(parsed({"logs", "--json", "--output", "json"}).json);
  CHECK(parsed({"logs", "--since", "2026-11-24 06:53", "-n", "5", "-f"}).follow);
}

TEST_CASE("what makes no sense of logs is told in words") {
  const auto words = [](std::vector<std::string> more) {
    more.insert(more.begin(), "logs");
    const Parsed result = parse(more, "1.2.3");
    CHECK_FALSE(result.options.has_value());
    CHECK(result.exit_code == 2);
    return result.text.substr(0, result.text.find('\n'));
  };
  CHECK(words({"-f", "--until", "10m"}) == "--until: it ends at a time, and --follow never does");
  CHECK(words({"--json", "-o", "raw"}) == "--json: it is -o json, and not -o raw");
  CHECK(words({"--grep", "(abc"}) == "--grep: missing ): (abc");
  CHECK(words({"--grep", ""}) == "--grep: an empty pattern is in every line");
  CHECK(words({"--until", "tomorrow"}).starts_with("--until: not a time such as 10m"));
  CHECK(words({"-o", "xml"}).starts_with("--output: xml not in {"));
  CHECK(refused({"events", "--grep", "x"}) == 2);
}
