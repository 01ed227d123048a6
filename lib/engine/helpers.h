#pragma once

#include "engine/runs.h"
#include "engine/side_programs.h"
#include "engine/tree.h"
#include "model/events.h"
#include "model/stack.h"

#include <string>

namespace holdfast::engine {

/// What stands beside a run: exec probes, the programs of stop ladders and of reloads. Each runs as the
/// service's user below SERVICE/probe.
class Helpers {
public:
  Helpers(SidePrograms& programs, const Tree& tree, const model::Stack& stack, Happened happened);

  /// Answers once with ProbeAnswered. Never two of the same at once: while the last one will not die, the
  /// answer is "unknown".
  void probe(const model::AskProbe& question);
  /// MAINPID is in the environment. Nothing answers.
  void stop_program(ServiceId service, RunNumber run, std::size_t rung, int main_pid);
  /// The same for what lets a running service read its files anew.
  void reload_program(ServiceId service, int main_pid);

private:
  [[nodiscard]] SidePrograms::Order order_of(ServiceId service, const std::string& what) const;
  void run_beside(SidePrograms::Order order, int main_pid);

  SidePrograms& programs_;
  const Tree& tree_;
  const model::Stack& stack_;
  Happened happened_;
};

} // namespace holdfast::engine
