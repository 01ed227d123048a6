#pragma once
// Programs that a test runs: to their end, or beside the test for as long as it needs them.

#include "base/fd.h"
#include "support/deadline.h"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace holdfast::test {

using Words = std::vector<std::string>;

/// How a program ended: its exit code, or 128 + the signal, as a shell would say.
struct Finished {
  int code = 0;
  std::string output; ///< stdout and stderr together
  /// Empty for exit code 0, else what a failed test should show.
  [[nodiscard]] std::string failure() const {
    return code == 0 ? "" : "exit " + std::to_string(code) + ": " + output;
  }
};

/// Runs a program (found in PATH) to its end. Throws when it cannot be started; kills it and throws when it
/// has not ended in time.
[[nodiscard]] Finished run_program(const Words& words, Milliseconds within = 60s);

/// A program beside the test, in a process group of its own. Killed and reaped when it goes.
class Child {
public:
  /// Where stdout and stderr go; the child gets copies.
  Child(const Words& words, int output, int errors);
  Child(const Words& words, int output) : Child(words, output, output) {}
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void send(int signal) const;
  /// Waits for the end; nothing when the child still runs at the deadline. Says the same again when asked
  /// again.
  std::optional<int> wait(Milliseconds within);

private:
  pid_t pid_ = -1;
  Fd pidfd_;
  std::optional<int> code_;
};

/// A new file that a child can write and the test can read back.
[[nodiscard]] Fd open_output(const std::string& path);

/// The whole of a file; empty where there is none.
[[nodiscard]] std::string contents(const std::string& path);

} // namespace holdfast::test
