// holdfast-engine --config FILE [--cgroup PATH]: decides and acts. Started by the anchor alone, which gives
// it a socket and the shared table at fixed descriptors (wire/anchor.h).

#include "config/load.h"
#include "control/publisher.h"
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
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
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

int run(const Arguments& arguments, int anchor) {
  const auto read = [file = arguments.config, unit = is_unit(anchor)] {
    return read_configuration(file, unit);
  };
  auto accepted = read();
  for (const auto& diagnostic : accepted.diagnostics)
    std::fputs(config::render(diagnostic).c_str(), stderr);
  auto spec = accepted.stack;
  if (!spec) {
    static_cast<void>(close_door_of_stack(arguments.config));
    return cannot_start(first_mistake(accepted));
  }
  const auto lowered = engine::fit_limits(*spec);
  auto premises = engine::enter_premises(*spec, arguments.cgroup, anchor);
  if (!premises) {
    static_cast<void>(close_door_of_stack(arguments.config));
    return refuse_to_start(premises.error());
  }
  auto table = wire::map_last_stop(wire::engine_last_stop_fd);
  if (!table) return refuse_to_start(table.error());

  auto kept = engine::KeptConfiguration::make(accepted.kept);
  if (!kept) return refuse_to_start(kept.error());

  boost::asio::io_context loop(1);
  engine::Engine engine(
      loop, {.spec = std::make_shared<const model::StackSpec>(*spec),
             .configuration = {.file = arguments.config,
                               .read = read,
                               .accepted = std::move(accepted),
                               .kept = std::move(kept).value()},
             .anchor_socket = wire::engine_socket_fd,
             .last_stop = table.value(),
             .tree = premises.value().tree,
             .log_directory = std::move(premises.value().log_directory),
             .looker = {.program = {"/proc/self/exe", look_at_volume}, .patience = std::chrono::seconds(5)},
             .observer = {.program = daemon::program("holdfast-observer"),
                          .user = std::string(::geteuid() == 0 ? config::observers_user : "")}});
  for (const auto& lines : {premises.value().found, lowered})
    for (const std::string& line : lines)
      engine.report().trouble(line);
  auto ready = engine.anchor().hold(wire::lock_slot, premises.value().lock.get());
  if (ready) ready = engine.open();
  auto publisher = control::Publisher::open(
      loop, {.runtime = spec->runtime, .state = spec->state, .version = HOLDFAST_VERSION}, engine,
      [&engine](const std::string& line) { engine.report().trouble(line); });
  if (!ready || !publisher) {
    static_cast<void>(premises.value().tree.remove());
    return refuse_to_start(ready ? publisher.error() : ready.error());
  }
  const int code = engine.run();
  publisher.value()->close();
  engine.report().drain();
  // Not by the destructors: they wait for the launcher, which a program on a dead disk may hold for ever.
  ::_exit(finish(code));
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

} // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], look_at_volume) == 0) return look(argv[2]);
  if (argc == 3 && std::strcmp(argv[1], close_left_door) == 0) return close_door_of_stack(argv[2]) ? 0 : 1;
  leave_signals_to_the_anchor();
  // What is made for others to reach, sockets most of all, must not depend on the umask of a shell.
  ::umask(022);
  // Executed from a descriptor, our name would be its number to ps(1).
  ::prctl(PR_SET_NAME, "holdfast-engine");
  // A lower limit is enough for most stacks: what it is short of is told where it is missed.
  static_cast<void>(linux_os::raise_descriptor_limit());
  const auto anchor = find_anchor();
  const auto arguments = read_arguments(argc, argv);
  if (anchor && arguments) return run(*arguments, *anchor);
  if (anchor) return finish(usage);
  std::fputs("holdfast-engine is started by holdfast-anchor; say \"holdfast run\"\n", stderr);
  return usage;
}
