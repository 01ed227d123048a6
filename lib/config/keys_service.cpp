#include "config/joined.h"
#include "config/keys.h"

#include <array>

namespace holdfast::config {
namespace {

using enum Type;

constexpr std::array runtime_directory_keys = {
    key("path", path, "Made for the user before each start").needed(),
    key("mode", mode, "Its mode").in(0, 07777),
};
constexpr Section runtime_directory_section = {runtime_directory_keys};

constexpr std::array requirement_keys = {
    key("file", path, "Must be there before a start; never made by us").needed(),
    key("owner", user, "and belong to this user"),
};
constexpr Section requirement_section = {requirement_keys};

constexpr std::array identity_keys = {
    key("exec", program, "Prints what is pinned").needed(),
    key("match", text, "Regular expression of the part that is compared"),
};
constexpr Section identity_section = {identity_keys};

constexpr std::array need_keys = {
    key("restart", boolean, "This one is restarted after the other was"),
    key("soft", boolean, "Ordered after the other, not blocked by it"),
};
constexpr Section need_section = {need_keys};

constexpr std::array to_choices = {Choice{"main"}, Choice{"all"}};
constexpr std::array rung_keys = {
    key("signal", signal, "What is sent"),
    key("to", choice, "The main process, or all of the run").of(to_choices),
    key("exec", program, "What is run, with MAINPID in its environment"),
    key("wait", duration, "Before the next rung").in(0, longest_wait_in_ms),
};
constexpr Section rung_section = {rung_keys};

constexpr std::array reload_keys = {
    key("signal", signal, "What is sent"),
    key("exec", program, "What is run"),
    key("files", path, "It is reloaded when one of these changed").as(Shape::list),
};
constexpr Section reload_section = {reload_keys};

constexpr std::array when_choices = {Choice{"always"}, Choice{"on-failure"}, Choice{"never"}};
constexpr std::array the_restart_keys = {
    key("delay", duration, "Before the second restart in a row; doubles with each").in(1, day_in_ms),
    key("up_to", duration, "The longest delay").in(1, day_in_ms),
    key("jitter", share, "A random part is added to each delay").in(0, 100),
    key("settled", duration, "Ready for so long: the next restart is the first again").in(0, day_in_ms),
    key("budget", count, "Charged restarts allowed; the next one is `failed`").in(0, 10'000),
};

constexpr std::array service_restart_keys =
    joined(the_restart_keys,
           std::array{key("when", choice, "Which exits are followed by a restart").of(when_choices)});
constexpr Section service_restart_section = {service_restart_keys};

constexpr std::array oom_choices = {Choice{"group"}, Choice{"process"}};
constexpr std::array the_group_limit_keys = {
    key("memory", size, "More is killed").in(4096, 1LL << 60),
    key("memory_high", size, "More is slowed; less than `memory`").in(4096, 1LL << 60),
    key("swap", size, "Swap").in(0, 1LL << 60),
    key("cpu", decimal, "Cores").in(0, 100'000),
    key("cpu_weight", integer, "Share of the CPU against others").in(1, 10'000),
    key("io_weight", integer, "Share of the disks against others").in(1, 10'000),
    key("tasks", integer, "Processes and threads").in(1, 1LL << 22),
    key("oom", choice, "Out of memory, group: all of it is killed; process: the one").of(oom_choices),
};
constexpr std::array the_limit_keys =
    joined(the_group_limit_keys,
           std::array{
               key("open_files", integer, "Open files of a process").in(16, 1LL << 30),
               key("locked_memory", size, "Memory that a process may lock").in(0, 1LL << 60),
               key("core", size, "Core file of a process").in(0, 1LL << 60),
               key("oom_score", integer, "Killed rather sooner (positive) or later when memory is short")
                   .in(-1000, 1000),
           });

constexpr std::array socket_keys = {
    key("name", name, "Its name in LISTEN_FDNAMES").needed(),
    key("listen", address, "Where: an address, no name").needed(),
    key("backlog", integer, "Connections that wait; 4096 without it").in(1, 1 << 20),
    key("mode", mode, "Of a unix socket, which is the service's user's; 0660 without it").in(0, 0777),
    key("group", user, "Of a unix socket; else the service's"),
};
constexpr Section socket_section = {socket_keys};
constexpr std::array socket_passing_choices = {Choice{"listen-fds"}, Choice{"nginx"}};

constexpr std::array log_file_keys = {
    key("path", path, "A log that the program writes itself").needed(),
    key("reopen", signal, "What makes its main process open the file anew").needed(),
};
constexpr Section log_file_section = {log_file_keys};

constexpr std::array watch_choices = {Choice{"alert"}};
constexpr std::array watch_keys = {
    key("match", text, "Regular expression").needed(),
    key("then", choice, "What a match does").of(watch_choices).needed(),
};
constexpr Section watch_section = {watch_keys};

constexpr std::array log_keys = {
    key("timestamps", boolean, "Each line carries its time"),
    key("files", section, "Logs that the program writes itself")
        .as(Shape::list)
        .of(log_file_section)
        .at_most(most_log_files_of_service)
        .not_yet(),
    key("watch", section, "Lines that mean trouble").as(Shape::list).of(watch_section).not_yet(),
};
constexpr Section log_section = {log_keys};

constexpr std::array run_choices = {Choice{"before-start"}, Choice{"once"}, Choice{"on-command"}};
constexpr std::array task_keys = {key("run", choice, "When").of(run_choices).needed()};
constexpr Section task_section = {task_keys};

constexpr std::array the_service_keys = {
    key("preset", name, "What is known of a program"),
    key("with", word, "The preset's parameters").named(NameRule::parameter).may_be_empty(),
    key("command", program, "The program in the foreground, absolute path"),
    key("external", host_port, "Lives elsewhere; probed, never started"),
    key("user", user, "Required when we are root; `root` must be written out"),
    key("group", user, "Its group; else the user's own"),
    key("groups", user, "Its other groups; else the user's own").as(Shape::list).at_most(64),
    key("capabilities", capability, "Ambient capabilities that are kept").as(Shape::list).at_most(64),
    key("no_new_privileges", boolean, "No program it runs gains privileges"),
    key("environment", word, "Variables").named(NameRule::variable).may_be_empty(),
    key("environment_file", path, "Variables that are secret, mode 0600 or 0640; read at each start"),
    key("directory", path, "Working directory"),
    key("umask", mode, "Mode bits that its files do not get").in(0, 0777),
    key("runtime_directories", section, "Made for the user before each start")
        .as(Shape::list)
        .of(runtime_directory_section)
        .at_most(16),
    key("requires", section, "Files that must be there before a start")
        .as(Shape::list)
        .of(requirement_section)
        .at_most(64),
    key("listens", address, "Where it listens; nobody else may").as(Shape::list).at_most(64),
    key("replaces", unit, "Units of systemd that are the same server, which must not run beside it")
        .as(Shape::list)
        .at_most(16),
    key("identity", section, "Pinned at first sight, compared at each start").of(identity_section).not_yet(),
    key("needs", section, "Services that are ready first").as(Shape::map_or_names).of(need_section),
    key("volumes", name, "Volumes that must be right").as(Shape::list).at_most(100),
    key("critical", boolean, "Without it the stack is broken"),
    key("enabled", boolean, "false: never started"),
    key("ready", section, "Until it first succeeds the service is starting").of(ready_keys),
    key("progress", section, "While it succeeds, a long start is recovery").of(progress_keys),
    key("progress_up_to", duration, "but no longer than this").in(1, 366 * day_in_ms),
    key("live", section, "Its failure does what `then` says").of(live_keys),
    key("start_within", duration, "From spawn to ready").in(1, 31 * day_in_ms),
    key("unready_within", duration, "How long it may run without answering").in(1, 31 * day_in_ms),
    key("stop", section, "Rungs; after the last one the run is killed")
        .as(Shape::list)
        .of(rung_section)
        .at_most(most_rungs),
    key("leftovers", duration, "How long children may outlive the main process").in(0, longest_wait_in_ms),
    key("reload", section, "How it reads its files anew").of(reload_section),
    key("restart", section, "Overrides of stability.restart").of(service_restart_section),
    key("limits", section, "Limits").of(limit_keys),
    key("sockets", section, "Held over its restarts, which refuse no connection; passed from descriptor 3 on")
        .as(Shape::list)
        .of(socket_section)
        .at_most(most_sockets_of_service),
    key("socket_passing", choice, "listen-fds: as sd_listen_fds(3) says; nginx: as nginx passes its own")
        .of(socket_passing_choices),
    key("host", word, "Settings of the machine that it needs").named(NameRule::free).at_most(64),
    key("log", section, "Its output").of(log_section),
    key("task", section, "It ends, and what needs it waits for that").of(task_section),
};

} // namespace

const Section restart_keys = {the_restart_keys};
const Section group_limit_keys = {the_group_limit_keys};
const Section limit_keys = {the_limit_keys};
const Section service_keys = {the_service_keys};

} // namespace holdfast::config
