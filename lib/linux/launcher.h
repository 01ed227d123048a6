#pragma once
// A thread of its own for what may block before a process runs: looking at required files and users, reading
// the environment file, making runtime directories, and the clone itself (with CLONE_VFORK the calling thread
// stands still until exec, which a dead network file system can delay for ever).

#include "linux/spawn.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace holdfast::linux_os {

/// What to start. `program` is prepared in the launcher's thread: identity, environment, requirements,
/// directories.
struct LaunchOrder {
  enum class Kind : std::uint8_t {
    launch,
    look, ///< see only whether the requirements are met, and open the sockets that are not open yet
  };
  Kind kind = Kind::launch;
  std::uint64_t ticket = 0; ///< the caller's; comes back in the outcome
  model::Program program;
  std::vector<std::string> argv;              ///< instead of program.command where not empty (probes, hooks)
  std::vector<std::string> extra_environment; ///< "NOTIFY_SOCKET=…", "MAINPID=…"; wins over all else
  bool check_requirements = true;             ///< and make runtime directories
  int input = -1;                             ///< borrowed; open until the outcome came; -1: /dev/null
  int output = -1;                            ///< borrowed likewise
  /// For each of the program's sockets the one that is held; shared, since it may be let go of meanwhile.
  /// None: a look opens it, and a launch is refused. Empty: the program of this order gets none (probes,
  /// hooks).
  std::vector<std::shared_ptr<const Fd>> sockets;
  int cgroup_fd = -1;                                ///< borrowed likewise
  std::atomic<std::int32_t>* pid_at_birth = nullptr; ///< borrowed likewise
  bool parent_is_ours = false;                       ///< as in SpawnRequest
  /// The program is named by a descriptor of ours, /proc/self/fd/N: the child has them all until its exec.
  bool by_descriptor = false;
};

/// A socket that a look has opened.
struct OpenedSocket {
  std::string address; ///< as it is configured
  Fd fd;
};

struct LaunchOutcome {
  /// refused: a requirement is missing, which may come; nothing was tried. failed: the rest, from a user that
  /// does not exist (ENOENT) to the exec. looked: the answer to a look; `error` is empty where all is well.
  enum class Kind : std::uint8_t { started, failed, refused, looked };
  std::uint64_t ticket = 0;
  Kind kind = Kind::failed;
  pid_t pid = 0;                      ///< started; or the child that failed before exec, 0 where none
  Fd pidfd;                           ///< started
  Error error;                        ///< failed, refused
  std::vector<OpenedSocket> opened{}; ///< looked: also where another could not be opened
};

/// Orders are carried out one after the other, in order. Which signals are ignored is looked at once, at the
/// start, so that a child need not set each; none is to become ignored later. `wake` is called from the
/// launcher's thread whenever an outcome is there to be taken; it must only wake the loop (write an eventfd).
class Launcher {
public:
  explicit Launcher(std::function<void()> wake);
  /// Waits for the order under way; what is still queued is dropped.
  ~Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  void submit(LaunchOrder order);
  /// All outcomes since the last call, oldest first.
  [[nodiscard]] std::vector<LaunchOutcome> take();

private:
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

/// The complete environment of a service: PATH, HOME, USER, LOGNAME, SHELL, LANG=C.UTF-8, then the
/// environment file (environment_file.h), then `environment`, then `extra`; later ones win. Nothing of our
/// own environment is in it.
[[nodiscard]] Result<std::vector<std::string>> build_environment(const model::Program& program,
                                                                 const Identity& identity,
                                                                 const std::vector<std::string>& extra);

/// Whether each required file is there with its owner. The error is words for `status`.
[[nodiscard]] Status check_requirements(const model::Program& program);

} // namespace holdfast::linux_os
