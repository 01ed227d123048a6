#pragma once
// `holdfast run` under test: started on a directory's configuration, watched through its own command line,
// stopped, and then looked for with the kernel's eyes: what it says of itself proves nothing about what it
// leaves behind.

#include "support/events.h"
#include "support/program.h"
#include "support/stack_directory.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace holdfast::test {

/// A living process in one of a stack's cgroups.
struct StackProcess {
  pid_t pid = 0;
  std::string cgroup;
  std::string command; ///< words with blanks between them
};

/// All living processes below the cgroup of the stack, or of one service of it.
[[nodiscard]] std::vector<StackProcess> processes_of(const std::string& stack,
                                                     const std::string& service = "");

/// Directories of cgroups that belong to this stack.
[[nodiscard]] std::vector<std::string> cgroups_of(const std::string& stack);

/// Where cgroup v2 is mounted.
[[nodiscard]] std::string cgroup_root();

/// Kills whatever lives in the stack's cgroups and removes them: after a test, so that what Holdfast did not
/// stop does not trouble the tests that follow.
void remove_stack(const std::string& stack);

class RunningStack {
public:
  /// Starts `holdfast run` and waits until it answers. Throws, with what it said, when it ends instead.
  explicit RunningStack(const StackDirectory& directory);
  /// Starts what these words say in the place of `holdfast run`.
  RunningStack(const StackDirectory& directory, const Words& run);
  /// Leaves nothing alive, whatever the test did.
  ~RunningStack();
  RunningStack(const RunningStack&) = delete;
  RunningStack& operator=(const RunningStack&) = delete;

  [[nodiscard]] Events& events() { return *events_; }
  [[nodiscard]] pid_t pid() const { return run_->pid(); }
  /// Its present engine; 0: there is none at the moment.
  [[nodiscard]] pid_t engine() const;
  /// What `run` printed up to now.
  [[nodiscard]] std::string output() const;

  /// `holdfast WORDS --config …` to its end.
  [[nodiscard]] Finished command(const Words& words, Milliseconds within = 120s) const;
  [[nodiscard]] nlohmann::json status() const;
  /// The entry of `status --json` for one service.
  [[nodiscard]] nlohmann::json service(const std::string& name) const;
  /// SIGKILL to the main process of a service; its pid.
  pid_t kill_service(const std::string& name) const;
  /// The same to the engine, which must be there.
  pid_t kill_engine() const;

  /// Asks `run` to end. `signal` as Ctrl-C or systemd send it. Its exit code; throws when it does not end in
  /// time.
  int stop(Milliseconds within = 120s, int signal = 15);
  /// Waits for `run` to end by itself.
  int wait(Milliseconds within);

private:
  const StackDirectory& directory_;
  std::unique_ptr<Child> run_;
  std::unique_ptr<Events> events_;
};

} // namespace holdfast::test
