#include "input.h"
#include "support/catch.h"

using namespace holdfast;
using namespace std::chrono_literals;

TEST_CASE("spec: every supported key reaches its field") {
  test::Input input;
  const auto loaded = input.load(test::contents(HOLDFAST_SOURCE_DIR "/tests/config/good/everything.yaml"));
  CAPTURE(test::rendered(loaded, input.path()));
  REQUIRE(loaded.stack);
  CHECK(loaded.diagnostics.empty());
  const model::StackSpec& stack = *loaded.stack;
  CHECK(stack.name == "repository");
  CHECK(stack.site == "https://repository.example.org");
  CHECK(stack.runtime == "/run/repository");
  CHECK(stack.state == "/var/lib/repository");
  CHECK(stack.log_directory == "/var/log/repository");
  CHECK(stack.rotate_size == 10ULL << 20);
  CHECK(stack.rotate_every == 168h);
  CHECK(stack.log_archives == model::LogArchives{.compression = model::LogCompression::gzip,
                                                 .keep_for = 30 * 24h,
                                                 .keep_total = 2ULL << 30,
                                                 .keep_files = 9,
                                                 .warn_percent = 20,
                                                 .stop_percent = 7});
  CHECK(stack.log_when_full == model::LogWhenFull::block);
  CHECK(stack.log_forward == model::LogForward::journal);
  CHECK(stack.start_at_once == 7);
  CHECK(stack.stop_within == 20min);
  CHECK(stack.start_within == 15min);
  CHECK(stack.recover_within == 7min);
  CHECK(stack.stack_budget == model::Budget{.count = 2, .window = 3h});
  CHECK(stack.when_broken == model::WhenBroken::hold);
  CHECK(stack.enforce_limits == model::EnforceLimits::required);
  CHECK(stack.group_limits == model::GroupLimits{.memory = 12ULL << 30,
                                                 .memory_high = 11ULL << 30,
                                                 .swap = 0,
                                                 .cpu = 4000,
                                                 .cpu_weight = 200,
                                                 .io_weight = 300,
                                                 .tasks = 4000,
                                                 .oom_group = false});
  REQUIRE(stack.services.size() == 8);
  CHECK(stack.volumes == std::vector<model::VolumeSpec>{
                             {.name = "data", .path = "/srv/data", .source = "UUID=1c8f2b5e", .type = "ext4"},
                             {.name = "shared",
                              .path = "/srv/shared",
                              .source = "nfs.example.org:/repository",
                              .type = "",
                              .mounted = false,
                              .marker = ".who"}});
  using model::Comparison;
  CHECK(stack.host ==
        std::vector<model::HostSetting>{
            {.name = "vm.max_map_count", .comparison = Comparison::at_least, .wanted = "262144"},
            {.name = "vm.swappiness", .comparison = Comparison::equal, .wanted = "10"},
            {.name = "net.core.somaxconn", .comparison = Comparison::at_most, .wanted = "4096"}});
  using model::ConditionKind;
  CHECK(stack.conditions ==
        std::vector<model::Condition>{{ConditionKind::volume, "data"},
                                      {ConditionKind::volume, "shared"},
                                      {ConditionKind::host, "vm.max_map_count >=262144"},
                                      {ConditionKind::host, "vm.swappiness ==10"},
                                      {ConditionKind::host, "net.core.somaxconn <=4096"}});
  CHECK(stack.services[1].conditions == std::vector<ConditionId>{{1}, {0}, {2}, {3}});
  CHECK(stack.services[7].conditions == std::vector<ConditionId>{{0}, {2}, {4}});

  model::ServiceSpec a;
  a.name = "a";
  a.program.command = {"/usr/bin/server", "--name", "with space", ""};
  a.program.user = "daemon";
  a.program.group = "adm";
  a.program.groups = std::vector<std::string>{"tape", "cdrom"};
  a.program.capabilities = {"CAP_NET_BIND_SERVICE"};
  a.program.no_new_privileges = false;
  a.program.environment = {{"PORT", "8080"}, {"FLAG", "true"}, {"EMPTY", ""}};
  a.program.environment_file = "/etc/secret.env";
  a.program.directory = "/srv";
  a.program.umask = 077;
  a.program.runtime_directories = {{"/run/a", 0750}, {"/run/a2", 0755}};
  a.program.requirements = {{"/srv/FILE", "daemon"}, {"/srv/OTHER", ""}};
  a.program.sockets = {
      {.name = "web", .address = "127.0.0.1:8000", .backlog = 100, .mode = 0660, .group = ""},
      {.name = "cli", .address = "unix:/run/cli", .backlog = 4096, .mode = 0600, .group = "adm"}};
  a.program.socket_passing = model::SocketPassing::nginx;
  a.program.limits = {.open_files = 65536, .locked_memory = 64ULL << 20, .core = 0, .oom_score = -500};
  a.critical = false;
  a.ready = {.kind = model::ProbeKind::exec,
             .exec = {"/bin/ready", "-q"},
             .every = 2s,
             .timeout = 1500ms,
             .failures = 5,
             .successes = 2,
             .quiet = 10s};
  a.progress = model::Probe{.kind = model::ProbeKind::exec, .exec = {"/bin/progress"}, .exit = {1, 3}};
  a.progress_up_to = 48h;
  a.live = model::LiveProbe{.probe = {.kind = model::ProbeKind::exec, .exec = {"/bin/live"}},
                            .then = model::LiveAction::alert};
  a.start_within = 2min;
  a.unready_within = 3min;
  a.stop = {{.signal = 2, .to_all = true, .exec = {}, .wait = 60s},
            {.signal = 0, .to_all = false, .exec = {"/bin/stop"}, .wait = 10s}};
  a.leftovers = 0s;
  a.reload = model::ReloadSpec{
      .signal = 0, .exec = {"/bin/reread", "-q"}, .files = {"/etc/a.conf", "/etc/a.d/b.conf"}};
  a.restart = {.delay = 2s,
               .up_to = 3min,
               .jitter_percent = 10,
               .settled = 2min,
               .budget = 3,
               .window = 1h,
               .when = model::RestartWhen::on_failure};
  a.group_limits = {.memory = 2ULL << 30,
                    .memory_high = 1ULL << 30,
                    .swap = 64ULL << 20,
                    .cpu = 1500,
                    .cpu_weight = 50,
                    .io_weight = 10000,
                    .tasks = 400,
                    .oom_group = false};
  a.timestamps = false;
  CHECK(stack.services[0] == a);

  const model::ServiceSpec& b = stack.services[1];
  CHECK(b.needs == std::vector<model::Need>{{.on = {0}, .restart = true, .soft = false},
                                            {.on = {3}, .restart = false, .soft = true}});
  CHECK(b.ready.kind == model::ProbeKind::notify);
  CHECK(b.program.command == std::vector<std::string>{"/bin/sh", "-c", "exec a  b"});
  const model::ServiceSpec& c = stack.services[2];
  CHECK(c.task == model::TaskRun::before_start);
  CHECK(c.restart.when == model::RestartWhen::never);
  CHECK(c.needs == std::vector<model::Need>{{.on = {0}, .restart = false, .soft = false}});
  CHECK_FALSE(stack.services[3].enabled);
  const model::ServiceSpec& e = stack.services[4];
  CHECK(e.external == "db.example.org:5432");
  CHECK(e.ready.exec == std::vector<std::string>{"/bin/ask", "db"});
  CHECK(e.live->then == model::LiveAction::alert);
  CHECK(stack.services[5].task == model::TaskRun::once);
  CHECK(stack.services[6].task == model::TaskRun::on_command);
  CHECK(stack.services[7].reload->signal == 1);
}

TEST_CASE("spec: defaults are those of the contract") {
  test::Input input;
  input.options.cpus = 6;
  const auto loaded = input.load("stack: {name: s}\nservices: {a: {command: [/bin/true], user: daemon}}\n");
  REQUIRE(loaded.stack);
  model::StackSpec expected;
  expected.name = "s";
  expected.start_at_once = 6;
  expected.group_limits.oom_group = false;
  model::ServiceSpec a;
  a.name = "a";
  a.program.command = {"/bin/true"};
  a.program.user = "daemon";
  expected.services = {a};
  expected.stop_within = model::longest_stop(expected) + 10s;
  CHECK(*loaded.stack == expected);
}

TEST_CASE("spec: each limit of what is kept of logs has its default by itself") {
  test::Input input;
  const auto loaded = input.load("stack: {name: s}\nlogging: {compress: none, keep: {files: 3}}\n");
  REQUIRE(loaded.stack);
  model::LogArchives expected;
  CHECK(expected.keep_for == 90 * 24h);
  CHECK(expected.keep_total == 5ULL << 30);
  CHECK(expected.compression == model::LogCompression::zstd);
  expected.compression = model::LogCompression::none;
  expected.keep_files = 3;
  CHECK(loaded.stack->log_archives == expected);
}

TEST_CASE("spec: a unit's limits are required unless it says otherwise") {
  test::Input input;
  const std::string services = "services: {a: {command: [/bin/true], user: daemon}}\n";
  input.options.under_systemd = true;
  CHECK(input.load("stack: {name: s}\n" + services).stack->enforce_limits == model::EnforceLimits::required);
  CHECK(input.load("stack: {name: s}\nstability: {enforce_limits: when-available}\n" + services)
            .stack->enforce_limits == model::EnforceLimits::when_available);
  input.options.under_systemd = false;
  CHECK(input.load("stack: {name: s}\n" + services).stack->enforce_limits ==
        model::EnforceLimits::when_available);
}

TEST_CASE("spec: one CPU still starts two at once; no service is a stack too") {
  test::Input input;
  input.options.cpus = 1;
  const auto loaded = input.load("stack: {name: s}\n");
  REQUIRE(loaded.stack);
  CHECK(loaded.stack->start_at_once == 2);
  CHECK(loaded.stack->services.empty());
}

TEST_CASE("spec: stop_within is longer than the longest chain, or refused") {
  test::Input input;
  const std::string services =
      "services:\n  a: {command: [/bin/true], user: daemon, stop: [{signal: SIGTERM, wait: 100s}]}\n"
      "  b: {command: [/bin/true], user: daemon, needs: [a], stop: [{signal: SIGTERM, wait: 50s}]}\n";
  // 100 + 50 s, and for each 1 s of leftovers and 5 s of grace after the kill.
  const auto refused = input.load("stack: {name: s}\nstability: {stop_within: 162s}\n" + services);
  CHECK(test::told(refused, "stop_within 162s is not longer than the longest chain of stop ladders, 162s"));
  CHECK(input.load("stack: {name: s}\nstability: {stop_within: 163s}\n" + services).stack);
  CHECK(input.load("stack: {name: s}\n" + services).stack->stop_within == 172s);
}

TEST_CASE("spec: without root no user is asked for") {
  test::Input input;
  input.options.root = false;
  CHECK(input.load("stack: {name: s}\nservices: {a: {command: [/bin/true]}}\n").stack);
}
