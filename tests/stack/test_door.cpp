// The door as visitors meet it: a real nginx that looks for the flag at each request.

#include "stack/nothing_left.h"
#include "stack/synthetic.h"
#include "stack/web.h"
#include "support/catch.h"
#include "support/ports.h"
#include "support/sanitized.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <optional>

using namespace holdfast::test;

namespace {

/// Promised of what is installed; programs that check their own memory take longer at everything.
constexpr Milliseconds closes_within = is_sanitized ? 250ms : 100ms;

using Clock = std::chrono::steady_clock;

/// The workers are not root: the flag has to be within their reach.
std::string nginx_configuration(const StackDirectory& directory, int port, int application) {
  return "user www-data;\nworker_processes 2;\npid " + directory / "nginx.pid" +
         ";\nerror_log stderr warn;\n" +
         "events { worker_connections 512; }\nhttp {\n  access_log off;\n  open_file_cache off;\n"
         "  client_body_temp_path " +
         directory / "temp" + ";\n  proxy_temp_path " + directory / "proxy" + ";\n  fastcgi_temp_path " +
         directory / "fastcgi" + ";\n  uwsgi_temp_path " + directory / "uwsgi" + ";\n  scgi_temp_path " +
         directory / "scgi" + ";\n  server {\n    listen 127.0.0.1:" + std::to_string(port) +
         ";\n    error_page 503 @closed;\n    location / {\n      if (!-f " + directory / "run/door/open" +
         ") { return 503; }\n      proxy_pass http://127.0.0.1:" + std::to_string(application) +
         ";\n    }\n    location @closed {\n      add_header Retry-After 5 always;\n      return 503 "
         "'closed\\n';\n"
         "    }\n  }\n}\n";
}

/// Between `from` and `to` the door is closed: no request of which all happens in this time may reach the
/// application. One that began before, or was answered later, nginx may have read when the door was open.
struct Closed {
  Clock::time_point from;
  Clock::time_point to;
};

class Site {
public:
  Site() : port_(free_ports(1)) {
    directory_.write("nginx.conf", nginx_configuration(directory_, port_, application_.port()));
    directory_.write_services(
        idle_service("database", "ready: {running: 300ms}\nrestart: {delay: 10ms, up_to: 10ms}") +
        "  nginx:\n    command: [/usr/sbin/nginx, -c, " + directory_ / "nginx.conf" +
        ", -g, \"daemon off;\"]\n    user: root\n    ready: {running: 500ms}\n"
        "    stop: [{signal: SIGQUIT, wait: 10s}]\n");
    stack_.emplace(directory_);
    stack_->events().wait_for("", "working");
  }

  RunningStack& stack() { return *stack_; }
  [[nodiscard]] const StackDirectory& directory() const { return directory_; }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] const Application& application() const { return application_; }
  [[nodiscard]] bool is_open() const { return std::filesystem::exists(directory_ / "run/door/open"); }

  void hold_closed() {
    REQUIRE(stack_->command({"door", "close"}).failure() == "");
    REQUIRE(!is_open());
  }
  void let_open() {
    REQUIRE(stack_->command({"door", "open"}).failure() == "");
    REQUIRE(is_open());
  }
  struct Death {
    Clock::time_point killed;
    Clock::time_point closed; ///< when the flag was seen to be gone
  };
  /// Of what the site cannot do without.
  Death kill_database() {
    const auto pid = stack_->service("database").at("pid").get<pid_t>();
    Death death{.killed = Clock::now(), .closed = {}};
    REQUIRE(::kill(pid, SIGKILL) == 0);
    while (is_open())
      REQUIRE(Clock::now() - death.killed < 20s);
    death.closed = Clock::now();
    return death;
  }

private:
  StackDirectory directory_;
  Application application_;
  int port_;
  std::optional<RunningStack> stack_;
};

/// What is wrong with the visits; empty where nothing is.
std::string offences(const Site& site, const std::vector<Visit>& visits, const std::vector<Closed>& closed) {
  std::string words;
  for (const Visit& visit : visits) {
    const bool fits = visit.status == 200 || (visit.status == 503 && visit.retry_after);
    if (!fits) words += visit.path + ": status " + std::to_string(visit.status) + "\n";
    for (const Closed& one : closed)
      if (visit.began >= one.from && visit.ended < one.to &&
          (visit.status != 503 || site.application().was_asked_for(visit.path)))
        words += visit.path + ": let in while the door was closed\n";
  }
  return words;
}

std::size_t count_of(const std::vector<Visit>& visits, int status) {
  return static_cast<std::size_t>(
      std::count_if(visits.begin(), visits.end(), [&](const Visit& v) { return v.status == status; }));
}

} // namespace

TEST_CASE("door: under load no request that comes after it closed reaches the application", "[door]") {
  Site site;
  Crowd crowd(site.port(), 8);
  std::vector<Closed> closed;
  for (int round = 0; round < 10; ++round) {
    REQUIRE(crowd.makes(100));
    site.hold_closed();
    const auto from = Clock::now();
    REQUIRE(crowd.makes(100));
    closed.push_back({from, Clock::now()});
    site.let_open();
  }
  REQUIRE(crowd.makes(100));
  const auto visits = crowd.leave();
  CHECK(offences(site, visits, closed) == "");
  CHECK(count_of(visits, 200) >= 500);
  CHECK(count_of(visits, 503) >= 500);
  CHECK(site.stack().stop() == 0);
  CHECK(!site.is_open());
  CHECK(left_of(site.directory(), {site.port()}) == "");
}

TEST_CASE("door: under load it is closed within 100 ms of the death of a critical service", "[door]") {
  Site site;
  Crowd crowd(site.port(), 8);
  std::vector<Closed> closed;
  for (int round = 0; round < 5; ++round) {
    REQUIRE(crowd.makes(100));
    const auto death = site.kill_database();
    INFO("took " << std::chrono::duration_cast<Milliseconds>(death.closed - death.killed).count() << " ms");
    CHECK(death.closed - death.killed < closes_within);
    // Its next run is not ready sooner.
    closed.push_back({death.closed, death.killed + 300ms});
    site.stack().events().wait_for("", "working");
  }
  const auto visits = crowd.leave();
  CHECK(offences(site, visits, closed) == "");
  CHECK(site.stack().stop() == 0);
}

TEST_CASE("door: a request whose head is complete only after it closed is not let in", "[door]") {
  Site site;
  Visitor slow(site.port());
  slow.begin("/slow");
  site.hold_closed();
  const Visit refused = slow.finish("/slow");
  CHECK(refused.status == 503);
  CHECK(refused.retry_after);
  CHECK(!site.application().was_asked_for("/slow"));
  site.let_open();
  CHECK(slow.visit("/fresh", false).status == 200);
  CHECK(site.stack().stop() == 0);
}
