#pragma once
// A whole daemon for one test: a real anchor in a process of its own, whose engine is this very program,
// executed again for the same test case. There the test's own lines make the StackSpec a second time, and
// the constructor of StackUnderTest runs the engine with it and never returns.

#include "linux/processes.h"
#include "model/spec.h"
#include "support/manager_socket.h"
#include "support/scratch.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::test {

/// Where a test's stack lives: a scratch directory and a cgroup, the same ones in both processes.
class Place {
public:
  Place();
  [[nodiscard]] std::string operator/(const std::string& name) const { return directory_ + "/" + name; }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] const std::string& cgroup() const { return cgroup_; }
  /// This process is the engine's.
  [[nodiscard]] bool is_engine() const { return !own_directory_; }

  /// A service that runs the service program, is ready at once and is restarted without much delay.
  [[nodiscard]] static model::ServiceSpec service(std::string name, std::vector<std::string> words);
  /// The words of a probe or hook that runs the service program.
  [[nodiscard]] static std::vector<std::string> program(std::vector<std::string> words);
  [[nodiscard]] model::StackSpec stack(std::vector<model::ServiceSpec> services) const;

private:
  std::unique_ptr<Scratch> own_directory_;
  std::unique_ptr<TestCgroup> own_cgroup_;
  std::string directory_;
  std::string cgroup_;
};

class StackUnderTest {
public:
  /// With a manager the daemon finds a $NOTIFY_SOCKET; its datagrams must be read, or they hold it up.
  enum class Manager { none, listens };
  StackUnderTest(const Place& place, const model::StackSpec& spec, Manager manager = Manager::none)
      : StackUnderTest(place, spec, spec, manager) {}
  /// `reloaded`: what reload() finds.
  StackUnderTest(const Place& place, const model::StackSpec& spec, const model::StackSpec& reloaded,
                 Manager manager = Manager::none);

  /// What the engine told so far: "SERVICE RUN FROM>TO WHY" a line, and "SERVICE says STATUS".
  [[nodiscard]] std::string told() const;
  /// Whether run 1 never left that phase so far; what was told of it meanwhile is no other phase.
  [[nodiscard]] bool stays_ready(const std::string& service) const;
  /// Whether `text` is told within the test's patience.
  [[nodiscard]] bool tells(const std::string& text) const;
  /// "start NAME", "stop NAME", "restart NAME", "door open", "door close", "adopt VOLUME", which is answered
  /// by "adopted VOLUME" or "not adopted: WHY".
  void ask(const std::string& command) const;

  [[nodiscard]] int anchor() const { return anchor_->pid(); }
  [[nodiscard]] int engine() const;
  /// Kills the engine; none that follows comes as far as its stack.
  void lose_engines() const;
  [[nodiscard]] std::string leaf(const std::string& service, int run) const;
  /// The processes of a run.
  [[nodiscard]] std::vector<int> pids(const std::string& service, int run) const;
  [[nodiscard]] std::string log(const std::string& service) const;

  void reload() const;
  /// What the daemon wrote to its own log so far.
  [[nodiscard]] std::string output() const;

  void terminate() const;
  /// The anchor's, when it has ended; -1 where it was killed or does not end.
  int exit_code();
  /// An orderly stop that leaves nothing behind.
  bool ends_well();
  Child& anchor_process() { return *anchor_; }
  [[nodiscard]] ManagerSocket& manager() { return *manager_; }

private:
  const Place& place_;
  std::optional<ManagerSocket> manager_;
  std::optional<Child> anchor_;
};

} // namespace holdfast::test
