// The real observer: network probes under `holdfast run`, asked of servers of the test's own.

#include "stack/nothing_left.h"
#include "stack/synthetic.h"
#include "stack/web.h"
#include "support/catch.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <pwd.h>

using namespace holdfast::test;

namespace {

bool lets_in(const StackDirectory& directory) {
  return std::filesystem::exists(directory / "run/door/open");
}

/// A server that lives elsewhere, asked often.
std::string asks(const std::string& name, const std::string& probe, int port) {
  const std::string address = "127.0.0.1:" + std::to_string(port);
  return "  " + name + ": {external: \"" + address + "\", ready: {" + probe + address +
         "/\", every: 100ms, timeout: 300ms, failures: 3}}\n";
}

std::string owner_of(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("Uid:")) return std::to_string(std::stoi(line.substr(4)));
  return {};
}

/// The user of the observer is made by the package, and for tests by packaging/dependencies.
const passwd* observers_user() {
  const passwd* user = ::getpwnam("holdfast");
  INFO("the machine of the tests has no user holdfast: packaging/dependencies --test makes it");
  REQUIRE(user != nullptr);
  return user;
}

} // namespace

TEST_CASE("observer: an application that answers opens the door, and one that is gone closes it",
          "[observer]") {
  const std::string uid = std::to_string(observers_user()->pw_uid);
  const StackDirectory directory;
  std::optional<Application> application(std::in_place);
  directory.write_services(asks("web", "http: \"http://", application->port()) + idle_service("steady"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  CHECK(comes_true(10s, [&] { return lets_in(directory); }));
  std::vector<StackProcess> observers;
  for (const auto& process : processes_of(directory.name()))
    if (process.cgroup.find("/observer/") != std::string::npos) observers.push_back(process);
  REQUIRE(observers.size() == 1);
  CHECK(owner_of(observers[0].pid) == uid);

  const auto gone = std::chrono::steady_clock::now();
  application.reset();
  const auto unready = stack.events().wait_for("web", "unready");
  CHECK(comes_true(10s, [&] { return !lets_in(directory); }));
  // Refused at once each time: not even its time-outs are used up.
  CHECK(std::chrono::steady_clock::now() - gone < 3 * (100ms + 300ms) + 500ms);
  CHECK(unready.why.find("refused") != std::string::npos);
  CHECK(stack.stop() == 0);
  CHECK(left_of(directory) == "");
}

TEST_CASE("observer: an nginx that is frozen closes the door within failures x (every + timeout)",
          "[observer]") {
  observers_user();
  const StackDirectory directory;
  const int port = free_ports(1);
  directory.write(
      "nginx.conf",
      "daemon off;\nmaster_process off;\npid " + directory / "nginx.pid" +
          ";\nerror_log stderr warn;\nevents {}\nhttp { access_log off;\n  client_body_temp_path " +
          directory / "body" + ";\n  proxy_temp_path " + directory / "proxy" + ";\n  fastcgi_temp_path " +
          directory / "fastcgi" + ";\n  uwsgi_temp_path " + directory / "uwsgi" + ";\n  scgi_temp_path " +
          directory / "scgi" + ";\n  server { listen 127.0.0.1:" + std::to_string(port) +
          "; location / { return 204; } } }\n");
  directory.write_services("  nginx:\n    command: [/usr/sbin/nginx, -c, " + directory / "nginx.conf" +
                           "]\n    user: root\n    ready: {http: \"http://127.0.0.1:" + std::to_string(port) +
                           "/\", status: 204, every: 200ms, timeout: 300ms, failures: 3}\n");
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  REQUIRE(comes_true(10s, [&] { return lets_in(directory); }));
  const auto pid = stack.service("nginx").at("pid").get<pid_t>();
  const auto frozen = std::chrono::steady_clock::now();
  REQUIRE(::kill(pid, SIGSTOP) == 0);
  REQUIRE(comes_true(10s, [&] { return !lets_in(directory); }));
  CHECK(std::chrono::steady_clock::now() - frozen < 3 * (200ms + 300ms) + 200ms);
  REQUIRE(::kill(pid, SIGCONT) == 0);
  stack.events().wait_for("nginx", "ready");
  CHECK(comes_true(10s, [&] { return lets_in(directory); }));
  CHECK(stack.service("nginx").at("restarts") == 0);
  CHECK(stack.stop() == 0);
}

TEST_CASE("observer: killed, it comes back, and nobody is the worse for it", "[observer]") {
  observers_user();
  const StackDirectory directory;
  const Application application;
  directory.write_services(asks("web", "http: \"http://", application.port()));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  stack.events().wait_for("web", "ready");
  for (const auto& process : processes_of(directory.name()))
    if (process.cgroup.find("/observer/") != std::string::npos) ::kill(process.pid, SIGKILL);
  CHECK(comes_true(10s, [&] {
    return stack.output().find("the observer is gone: ended by SIGKILL") != std::string::npos;
  }));
  CHECK(comes_true(10s, [&] {
    for (const auto& process : processes_of(directory.name()))
      if (process.cgroup.ends_with("/observer/2")) return true;
    return false;
  }));
  CHECK(lets_in(directory));
  CHECK(stack.events().during("web", 500ms).empty());
  CHECK(stack.stop() == 0);
}

TEST_CASE("observer: a canary that does not pass degrades the stack, in its words", "[observer]") {
  observers_user();
  const StackDirectory directory;
  const Application application;
  directory.write("token", "a-token-of-its-own\n", 0600);
  directory.write("stack.d/canary.yaml",
                  "stability: {canary: {url: \"http://127.0.0.1:" + std::to_string(application.port()) +
                      "\", secret_file: " + directory / "token" + ", timeout: 5s}}\n");
  directory.write_services(idle_service("steady"));
  RunningStack stack(directory);
  stack.events().wait_for("", "degraded");
  CHECK(comes_true(20s, [&] {
    const auto canary = stack.service("canary");
    return canary.at("phase") == "starting" && canary.at("pid").is_null() &&
           !canary.at("status_text").get<std::string>().empty();
  }));
  CHECK(lets_in(directory));
  const auto shown = stack.command({"status"});
  CHECK(shown.code == 0);
  CHECK(shown.output.find("canary") != std::string::npos);
  CHECK(stack.stop() == 0);
  for (const char* file : {"run.out", "state/status.json", "state/events.jsonl"})
    CHECK(contents(directory / file).find("a-token-of-its-own") == std::string::npos);
}
