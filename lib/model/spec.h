#pragma once
// What a stack is: the configuration after presets, defaults and checks. Plain data, made by lib/config, read
// by the model (which decides) and by the engine (which acts). A StackSpec that exists is valid: names are
// resolved to ServiceIds, needs have no cycle, every duration is positive where it must be.

#include "base/ids.h"
#include "base/time.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::model {

using namespace std::chrono_literals;

/// What a probe does. The first three are the engine's; what speaks to a network peer is the observer's.
enum class ProbeKind : std::uint8_t { running, notify, exec, observed };

/// How the observer speaks to a peer. `canary`: through the whole stack, as a user would.
enum class Protocol : std::uint8_t { tcp, http, postgresql, redis, amqp, opensearch, uwsgi, celery, canary };

/// One look at a network peer; what of it means nothing to the protocol keeps its default.
struct NetworkProbe {
  Protocol protocol = Protocol::tcp;
  std::string target;                         ///< HOST:PORT, unix:/path or a URL, as the protocol has it
  unsigned status = 200;                      ///< http
  std::string host;                           ///< http, canary: the Host that is sent; empty: the target's
  std::map<std::string, std::string> headers; ///< http, canary
  std::string body;                           ///< http: regular expression; empty: any
  std::string tls_name;                       ///< that the certificate must carry; empty: the target's host
  std::string tls_ca;                         ///< file; empty: the system's
  std::string user;
  std::string secret_file;         ///< password or token, read by the engine; empty: none
  std::string database;            ///< postgresql
  std::string query;               ///< postgresql; empty: none
  bool write = false;              ///< redis
  std::string vhost = "/";         ///< amqp, celery
  std::string management;          ///< amqp: URL; empty: not asked for alarms
  std::vector<std::string> queues; ///< celery
  bool operator==(const NetworkProbe&) const = default;
};

struct Probe {
  ProbeKind kind = ProbeKind::running;
  Duration running = 1s;         ///< running: alive for so long since the exec
  std::vector<std::string> exec; ///< exec: the words; the first is an absolute path
  std::vector<int> exit = {0};   ///< exec: the exit codes that mean success
  NetworkProbe network{};        ///< observed
  Duration every = 5s;
  Duration timeout = 3s;
  unsigned failures = 3;  ///< in a row
  unsigned successes = 1; ///< in a row
  Duration quiet = 0s;    ///< not asked for so long after the spawn
  bool operator==(const Probe&) const = default;
};

/// Whether it is asked, again and again, and somebody answers.
[[nodiscard]] constexpr bool is_asked(ProbeKind kind) {
  return kind == ProbeKind::exec || kind == ProbeKind::observed;
}

enum class LiveAction : std::uint8_t { restart, alert };

struct LiveProbe {
  Probe probe;
  LiveAction then = LiveAction::restart;
  bool operator==(const LiveProbe&) const = default;
};

/// Which of a service's probes.
enum class ProbeRole : std::uint8_t { ready, progress, live };

/// An edge: this service needs `on`.
struct Need {
  ServiceId on;
  bool restart = false; ///< restarted after `on` was
  bool soft = false;    ///< ordered after, not blocked by
  bool operator==(const Need&) const = default;
};

/// One rung of the stop ladder: a signal, or a program, and how long to wait before the next.
struct Rung {
  int signal = 0;      ///< 0 where `exec` is set
  bool to_all = false; ///< to every process of the leaf instead of the main process
  std::vector<std::string> exec;
  Duration wait = 30s;
  bool operator==(const Rung&) const = default;
};

/// What is done where a service does not have to be restarted to read its files anew: a signal, or a program.
struct ReloadSpec {
  int signal = 0; ///< 0 where `exec` is set
  std::vector<std::string> exec;
  std::vector<std::string> files; ///< reloaded when one of these changed
  bool operator==(const ReloadSpec&) const = default;
};

/// When a task runs. It ends, and is then `done`.
enum class TaskRun : std::uint8_t {
  before_start, ///< at each start of the stack
  once,         ///< until it ended well; again when its program changed
  on_command,   ///< at `holdfast task run` only; the verdict does not count it
};

enum class RestartWhen : std::uint8_t { always, on_failure, never };

struct RestartPolicy {
  Duration delay = 1s;
  Duration up_to = 1min;
  unsigned jitter_percent = 25;
  Duration settled = 60s;
  unsigned budget = 8; ///< charged restarts allowed in `window`
  Duration window = 10min;
  RestartWhen when = RestartWhen::always;
  bool operator==(const RestartPolicy&) const = default;
};

struct RuntimeDirectory {
  std::string path;
  unsigned mode = 0755;
  bool operator==(const RuntimeDirectory&) const = default;
};

/// A file that must be there before a start; never made by us.
struct Requirement {
  std::string file;
  std::string owner; ///< user name; empty: anybody
  bool operator==(const Requirement&) const = default;
};

/// A listening socket that outlives the runs of its service: connections that come while none runs wait in
/// its queue.
struct SocketSpec {
  std::string name;
  std::string address;     ///< IPV4:PORT, [IPV6]:PORT or unix:/path
  unsigned backlog = 4096; ///< connections that wait; the kernel grants net.core.somaxconn at most
  unsigned mode = 0660;    ///< of a unix socket; so the next. It is the service's user's
  std::string group;       ///< empty: the service's
  bool operator==(const SocketSpec&) const = default;
};

/// How a program is told of the sockets that it gets, from descriptor 3 on.
enum class SocketPassing : std::uint8_t {
  listen_fds, ///< sd_listen_fds(3): LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES
  nginx,      ///< as nginx tells its own next binary: NGINX=3;4;
};

/// Limits that a process sets on itself between clone and exec. Those of cgroups are not among them.
struct ProcessLimits {
  std::optional<std::uint64_t> open_files;
  std::optional<std::uint64_t> locked_memory; ///< bytes
  std::optional<std::uint64_t> core;          ///< bytes
  int oom_score = 0;                          ///< written always: never inherited from us
  bool operator==(const ProcessLimits&) const = default;
};

/// Limits of a cgroup, enforced by the kernel from outside: of a service's, or of the one around all
/// services. Without a value there is no limit, or the kernel's default weight.
struct GroupLimits {
  std::optional<std::uint64_t> memory{};      ///< bytes; more is killed
  std::optional<std::uint64_t> memory_high{}; ///< bytes, less than `memory`; more is slowed
  std::optional<std::uint64_t> swap{};        ///< bytes
  std::optional<std::uint64_t> cpu{};         ///< thousandths of a CPU, 10 at least
  std::optional<unsigned> cpu_weight{};
  std::optional<unsigned> io_weight{};
  std::optional<std::uint64_t> tasks{}; ///< processes and threads
  bool oom_group = true;                ///< out of memory: all of it is killed, not one process
  bool operator==(const GroupLimits&) const = default;
};

/// How a program is started: all that a change of which asks for a restart of the service.
struct Program {
  std::vector<std::string> command;               ///< the first word is an absolute path
  std::string user;                               ///< empty: the user we run as (never when we are root)
  std::string group;                              ///< empty: the user's own
  std::optional<std::vector<std::string>> groups; ///< supplementary; none: the user's own
  std::vector<std::string> capabilities;          ///< ambient ones that are kept, "CAP_NET_BIND_SERVICE"
  bool no_new_privileges = true;
  std::map<std::string, std::string> environment;
  std::string environment_file; ///< read at each start; empty: none
  std::string directory = "/";
  unsigned umask = 0027;
  std::vector<RuntimeDirectory> runtime_directories;
  std::vector<Requirement> requirements;
  std::vector<SocketSpec> sockets;
  SocketPassing socket_passing = SocketPassing::listen_fds;
  ProcessLimits limits;
  bool operator==(const Program&) const = default;
};

/// Whether something of it is looked at, or made, before it is started.
[[nodiscard]] inline bool is_looked_at(const Program& program) {
  return !program.requirements.empty() || !program.sockets.empty();
}

struct ServiceSpec {
  std::string name;
  Program program;
  std::string external; ///< HOST:PORT of one that lives elsewhere: probed, never started; empty: it is ours
  std::vector<Need> needs;
  std::vector<ConditionId> conditions;
  bool critical = true;
  bool enabled = true;
  /// A reload left it out: it stays, unwanted, until its last run is over, and its place until a reload needs
  /// it.
  bool removed = false;
  std::optional<TaskRun> task;
  Probe ready;
  std::optional<Probe> progress;
  Duration progress_up_to = 24h; ///< also of what says itself, when asked, that it starts or recovers
  std::optional<LiveProbe> live;
  Duration start_within = 1min;
  Duration unready_within = 1min;
  /// At least one rung.
  std::vector<Rung> stop = {{.signal = 15, .to_all = false, .exec = {}, .wait = 30s}};
  Duration leftovers = 1s;
  std::optional<ReloadSpec> reload;
  RestartPolicy restart;
  GroupLimits group_limits;
  bool timestamps = true; ///< log lines carry their time
  bool operator==(const ServiceSpec&) const = default;
};

/// The probe in that role. Precondition: the service has it; each has one that tells whether it is ready.
[[nodiscard]] const Probe& probe_of(const ServiceSpec& service, ProbeRole role);

/// A directory that must be the volume that was meant. Read by what looks at it; the model knows the
/// condition of the same name.
struct VolumeSpec {
  std::string name;
  std::string path;    ///< absolute, without "." and "..", not "/"
  std::string source;  ///< UUID=…, LABEL=…, /dev/… or HOST:/export; empty: any
  std::string type;    ///< of the file system; empty: any
  bool mounted = true; ///< `path` is the root of a mount; false: a directory of whatever is mounted above it
  std::string marker = ".holdfast-volume"; ///< name of a file in it
  bool operator==(const VolumeSpec&) const = default;
};

enum class Comparison : std::uint8_t { at_least, at_most, equal };

/// A setting of the machine's that a service needs, as sysctl(8) names it: vm.max_map_count.
struct HostSetting {
  std::string name;
  Comparison comparison = Comparison::equal;
  std::string wanted; ///< a whole number unless `equal`
  bool operator==(const HostSetting&) const = default;
};

enum class ConditionKind : std::uint8_t { volume, certificate, host };

/// Something outside the services that must be as it is meant to be before one starts. One that uses a volume
/// is also stopped when the volume is not right any more.
struct Condition {
  ConditionKind kind = ConditionKind::volume;
  std::string name; ///< of the volume; of a host setting words(HostSetting)
  bool operator==(const Condition&) const = default;
};

/// So many within so long, in a sliding window.
struct Budget {
  unsigned count = 1;
  Duration window = 1h;
  bool operator==(const Budget&) const = default;
};

enum class WhenBroken : std::uint8_t { stop, hold };

/// Whether limits of cgroups that the machine cannot enforce are an error or a warning.
enum class EnforceLimits : std::uint8_t { when_available, required };

enum class LogCompression : std::uint8_t { none, zstd, gzip };

/// What becomes of lines that cannot be written.
enum class LogWhenFull : std::uint8_t { drop, block };

/// Where lines go as well.
enum class LogForward : std::uint8_t { nowhere, journal };

/// What becomes of log files that were put aside. Each limit applies by itself.
struct LogArchives {
  LogCompression compression = LogCompression::zstd;
  Duration keep_for = 90 * 24h;
  std::uint64_t keep_total = 5ULL << 30;     ///< bytes, of all services together
  std::optional<std::uint64_t> keep_files{}; ///< of each service
  unsigned warn_percent = 10;                ///< of the logs' file system; told when less is free; 0: never
  unsigned stop_percent = 5;                 ///< the oldest go when less is free; 0: never
  bool operator==(const LogArchives&) const = default;
};

struct StackSpec {
  std::string name;
  std::string site; ///< the public URL; empty: none
  std::string runtime = "/run/holdfast";
  std::string state = "/var/lib/holdfast";
  std::string log_directory = "/var/log/holdfast";
  std::uint64_t rotate_size = 100ULL << 20; ///< bytes
  Duration rotate_every = std::chrono::hours(24);
  LogWhenFull log_when_full = LogWhenFull::drop;
  LogForward log_forward = LogForward::nowhere;
  LogArchives log_archives;
  unsigned start_at_once = 2;
  Duration start_within = 10min;  ///< from a start of the stack until its door opens
  Duration recover_within = 5min; ///< from the closing of its door until it opens again
  Duration stop_within = 0s;      ///< filled in: longer than longest_stop()
  Budget stack_budget;            ///< restarts of the whole stack
  WhenBroken when_broken = WhenBroken::stop;
  EnforceLimits enforce_limits = EnforceLimits::when_available;
  GroupLimits group_limits;        ///< of all services together
  std::vector<VolumeSpec> volumes; ///< each has a condition of its name
  std::vector<HostSetting> host;   ///< each has a condition, whose name is words() of it
  std::vector<Condition> conditions;
  std::vector<ServiceSpec> services;
  bool operator==(const StackSpec&) const = default;
};

/// "vm.max_map_count >=262144"
[[nodiscard]] std::string words(const HostSetting& setting);

/// All waits of a service's stop ladder, its leftovers, and the grace after the kill.
[[nodiscard]] Duration longest_stop(const ServiceSpec& service);

/// The longest chain of stop ladders along needs: what an orderly stop of the whole can take.
/// Precondition: needs have no cycle.
[[nodiscard]] Duration longest_stop(const StackSpec& stack);

/// The services of one cycle of needs, each needing the next and the last the first; empty where there is
/// none.
[[nodiscard]] std::vector<ServiceId> find_cycle(const StackSpec& stack);

/// How long after the kill of a run's cgroup its processes may take to go before what it needs is stopped
/// regardless.
constexpr Duration kill_grace = 5s;

} // namespace holdfast::model
