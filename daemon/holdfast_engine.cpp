// holdfast-engine --config FILE [--cgroup PATH]: decides and acts. Started by the anchor alone, which gives
// it a socket and the shared table at fixed descriptors (wire/anchor.h).

#include "archives/idle.h"
#include "archives/tidier.h"
#include "config/load.h"
#include "control/publisher.h"
#include "engine/arrival.h"
#include "engine/engine.h"
#include "engine/premises.h"
#include "linux/descriptor_limit.h"
#include "linux/volume.h"
#include "presets.h"
#include "wire/anchor.h"
#include "wire/held.h"
#include "wire/last_stop.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <getopt.h>
#include <memory>
#include <optional>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace holdfast;

constexpr int usage = 2;

/// holdfast-engine --look-at-volume QUESTION: what looks at a volume in the engine's stead (wire/volume.h).
constexpr const char* look_at_volume = "--look-at-volume";

/// holdfast-engine --tidy-log-archives ORDERS: what compresses and removes log files in the engine's stead
/// (wire/archives.h).
constexpr const char* tidy_log_archives = "--tidy-log-archives";

/// holdfast-engine --close-left-door CONFIGURATION: for the unit, when its daemon was killed.
constexpr const char* close_left_door = "--close-left-door";

struct Arguments {
  std::string config = "/etc/holdfast/holdfast.yaml";
  std::string cgroup;
};

std::optional<Arguments> read_arguments(int argc, char** argv) {
  constexpr option known[] = {
      {"config", required_argument, nullptr, 'c'}, {"cgroup", required_argument, nullptr, 'g'}, {}};
  Arguments arguments;
  for (int found = 0; (found = ::getopt_long(argc, argv, "", known, nullptr)) != -1;) {
    if (found == '?') return std::nullopt;
    (found == 'c' ? arguments.config : arguments.cgroup) = optarg;
  }
  if (optind < argc) return std::nullopt;
  return arguments;
}

/// The anchor hears of the terminal's and systemd's signals and tells us in order with everything else.
void leave_signals_to_the_anchor() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE})
    ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

/// The anchor's pid, where it started us and still lives.
std::optional<int> find_anchor() {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(wire::engine_socket_fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET)
    return std::nullopt;
  ucred peer{};
  size = sizeof peer;
  if (::getsockopt(wire::engine_socket_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
      peer.pid != ::getppid())
    return std::nullopt;
  for (const int fd : {wire::engine_socket_fd, wire::engine_last_stop_fd})
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return std::nullopt;
  return peer.pid;
}

int finish(int code) {
  static_cast<void>(
      wire::send_record(wire::engine_socket_fd, wire::EngineRecord{wire::ToAnchor::finish, code}));
  return code;
}

/// The reason in one line, for the service manager.
int cannot_start(const std::string& why) {
  std::string text = "STATUS=cannot start: " + why;
  text.resize(std::min(text.size(), wire::longest_notice));
  static_cast<void>(wire::send_notice(wire::engine_socket_fd, text));
  return finish(wire::cannot_start);
}

/// Who was killed before us may have left it open, and we shall not come to close it.
Status close_door_of_stack(const std::string& file) {
  auto closed = engine::close_left_door(config::locate(file).runtime);
  if (!closed) std::fprintf(stderr, "holdfast: the door may be open: %s\n", closed.error().what.c_str());
  return closed;
}

int refuse_to_start(const Error& error) {
  std::fprintf(stderr, "holdfast: cannot start: %s\n", error.what.c_str());
  return cannot_start(error.what);
}

/// Whether the anchor is what systemd executed for a unit (systemd.exec(5)), and not somebody below a shell
/// that inherited the variable.
bool is_unit(int anchor) {
  const char* const executed = std::getenv("SYSTEMD_EXEC_PID");
  return executed != nullptr && executed == std::to_string(anchor);
}

config::Loaded read_configuration(const std::string& file, bool under_systemd) {
  config::LoadOptions options;
  options.file = file;
  options.preset_directories = daemon::preset_directories();
  options.cpus = std::thread::hardware_concurrency();
  options.root = ::geteuid() == 0;
  options.under_systemd = under_systemd;
  return config::load(options);
}

/// Without the lines that show the place; all of them are on standard error.
std::string first_mistake(const config::Loaded& loaded) {
  if (loaded.diagnostics.empty()) return "the configuration cannot be read";
  const std::string text = config::render(loaded.diagnostics.front());
  return text.substr(0, text.find('\n'));
}

config::Loaded load_kept(const config::KeptFiles& kept) {
  return config::load(kept);
}

int run(const Arguments& arguments, std::function<config::Loaded()> read, wire::LastStopTable& table,
        engine::Arrival arrival, engine::Held& held) {
  const bool comes_back = arrival.comes_back;
  const std::string runtime = arrival.spec->runtime;
  const std::string state = arrival.spec->state;
  const engine::Tree tree = arrival.premises.tree;
  Fd observer = std::move(arrival.observer);

  boost::asio::io_context loop(1);
  engine::Engine engine(
      loop, {.arrival = std::move(arrival),
             .file = arguments.config,
             .read = std::move(read),
             .anchor_socket = wire::engine_socket_fd,
             .last_stop = &table,
             .looker = {.program = {"/proc/self/exe", look_at_volume}, .patience = std::chrono::seconds(5)},
             .archive_tidier = {.words = {"/proc/self/exe", tidy_log_archives}},
             .observer = {.program = daemon::program("holdfast-observer"),
                          .opened = std::move(observer),
                          .user = std::string(::geteuid() == 0 ? config::observers_user : "")},
             .version = HOLDFAST_VERSION,
             .upgrade = {.anchor = daemon::program("holdfast-anchor"),
                         .engine = daemon::program("holdfast-engine")}});
  const auto ready = engine.open(held);
  auto publisher = control::Publisher::open(
      loop, {.runtime = runtime, .state = state, .version = HOLDFAST_VERSION}, engine,
      [&engine](const std::string& line) { engine.report().trouble(line); }, held.take(wire::control_slot));
  const auto kept =
      publisher ? engine.anchor().hold(wire::control_slot, publisher.value()->listener()) : Status(Done{});
  if (!ready || !publisher || !kept) {
    const int code = refuse_to_start(!ready ? ready.error() : !publisher ? publisher.error() : kept.error());
    // Another engine comes to what there is, the control socket's file among it, which a destructor removes.
    if (comes_back) ::_exit(code);
    static_cast<void>(tree.remove());
    return code;
  }
  const int code = engine.run();
  publisher.value()->close();
  engine.report().drain();
  // Not by the destructors: they wait for the launcher, which a program on a dead disk may hold for ever.
  ::_exit(finish(code));
}

int enter(const Arguments& arguments, int anchor, engine::Held held) {
  auto table = wire::map_last_stop(wire::engine_last_stop_fd);
  if (!table) return refuse_to_start(table.error());
  const auto read = [file = arguments.config, unit = is_unit(anchor)] {
    return read_configuration(file, unit);
  };
  if (engine::is_started(*table.value(), held)) {
    auto arrival = engine::come_back(*table.value(), anchor, held, load_kept);
    if (!arrival) return refuse_to_start(arrival.error());
    return run(arguments, read, *table.value(), std::move(arrival).value(), held);
  }
  auto accepted = read();
  for (const auto& diagnostic : accepted.diagnostics)
    std::fputs(config::render(diagnostic).c_str(), stderr);
  if (!accepted.stack) {
    static_cast<void>(close_door_of_stack(arguments.config));
    return cannot_start(first_mistake(accepted));
  }
  auto arrival = engine::arrive(std::move(accepted), arguments.cgroup, anchor, held);
  if (arrival) return run(arguments, read, *table.value(), std::move(arrival).value(), held);
  static_cast<void>(close_door_of_stack(arguments.config));
  return refuse_to_start(arrival.error());
}

/// Of an upgrade, before this build takes over: what it would read it reads, what it would start from is
/// there, and its loop turns. Nothing is changed.
Status try_out() {
  auto held = engine::Held::find();
  auto table = wire::map_last_stop(wire::engine_last_stop_fd);
  if (!table) return table.error();
  const std::string observer = daemon::program("holdfast-observer");
  if (::access(observer.c_str(), X_OK) != 0) return system_error(observer, errno);
  if (auto readable = engine::try_out(*table.value(), held, load_kept); !readable) return readable;
  boost::asio::io_context loop(1);
  bool turned = false;
  boost::asio::post(loop, [&turned] { turned = true; });
  loop.run();
  if (!turned) return Error{"the loop does not turn"};
  table.value()->life.passed_trial = 1;
  return Done{};
}

int say_whether_it_could_take_over() {
  const auto tried = try_out();
  if (!tried) std::fprintf(stderr, "%s\n", tried.error().what.c_str());
  return tried ? 0 : 1;
}

int look(const char* text) {
  ::prctl(PR_SET_NAME, "holdfast-look");
  const auto question = wire::decode_volume_question(text);
  if (!question) {
    std::fprintf(stderr, "%s\n", question.error().what.c_str());
    return usage;
  }
  const wire::VolumeAnswer answer = question.value().adopt ? linux_os::adopt_volume(question.value())
                                                           : linux_os::look_at_volume(question.value());
  std::printf("%s\n", wire::encode(answer).c_str());
  return 0;
}

int tidy(const char* text) {
  ::prctl(PR_SET_NAME, "holdfast-tidy");
  archives::become_idle();
  const auto orders = wire::decode_archive_orders(text);
  if (!orders) {
    std::fprintf(stderr, "%s\n", orders.error().what.c_str());
    return usage;
  }
  const auto tell = [](const wire::ArchiveTidings& tidings) {
    std::printf("%s\n", wire::encode(tidings).c_str());
    std::fflush(stdout);
  };
  auto done = archives::lock_until_the_end(orders.value().lock);
  if (!done && done.error().code == EWOULDBLOCK)
    done = Error{"an earlier engine's program that tidies them has not ended yet"};
  if (done) done = archives::Tidier(STDIN_FILENO, orders.value(), tell).run();
  if (!done) tell({.removed = {}, .trouble = done.error().what});
  return done ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], look_at_volume) == 0) return look(argv[2]);
  if (argc == 3 && std::strcmp(argv[1], tidy_log_archives) == 0) return tidy(argv[2]);
  if (argc == 3 && std::strcmp(argv[1], close_left_door) == 0) return close_door_of_stack(argv[2]) ? 0 : 1;
  if (argc > 1 && std::strcmp(argv[1], wire::try_word) == 0) return say_whether_it_could_take_over();
  auto held = engine::Held::find();
  leave_signals_to_the_anchor();
  // What is made for others to reach, sockets most of all, must not depend on the umask of a shell.
  ::umask(022);
  // Executed from a descriptor, our name would be its number to ps(1).
  ::prctl(PR_SET_NAME, "holdfast-engine");
  // A lower limit is enough for most stacks: what it is short of is told where it is missed.
  static_cast<void>(linux_os::raise_descriptor_limit());
  const auto anchor = find_anchor();
  const auto arguments = read_arguments(argc, argv);
  if (anchor && arguments) return enter(*arguments, *anchor, std::move(held));
  if (anchor) return finish(usage);
  std::fputs("holdfast-engine is started by holdfast-anchor; say \"holdfast run\"\n", stderr);
  return usage;
}
