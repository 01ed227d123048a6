#include "client/verbs.h"

#include <cerrno>
#include <csignal>
#include <unistd.h>
#include <vector>

namespace holdfast::client {

ExitCode run_anchor(Context& context) {
  const Programs& programs = context.composition.programs;
  std::vector<std::string> words = {programs.anchor, "--engine", programs.engine, "--config",
                                    context.options.config};
  if (!context.options.cgroup.empty()) words.insert(words.end(), {"--cgroup", context.options.cgroup});
  std::vector<char*> arguments;
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::signal(SIGPIPE, SIG_DFL); // ignored signals stay ignored over an exec
  ::execv(programs.anchor.c_str(), arguments.data());
  context.terminal.complain(system_error("cannot start " + programs.anchor, errno).what);
  return ExitCode::cannot_start;
}

} // namespace holdfast::client
