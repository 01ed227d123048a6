#pragma once

#include "anchor/held.h"
#include "base/result.h"
#include "wire/anchor.h"

#include <string>
#include <sys/types.h>
#include <vector>

namespace holdfast::anchor {

/// The first word that an anchor is executed with; the engine's path and arguments follow.
constexpr const char* begin_word = "--engine";
constexpr const char* resume_word = "--resume"; ///< by another build in this process
using wire::try_word;                           ///< to say whether it could resume

/// What the anchor is executed from: its own program, and that of the next build. As with the engine's, a
/// file that is replaced on the disk changes nothing.
class AnchorProgram {
public:
  /// Opens our own as anchor_program_fd, where it is not open yet. `engine`: path and arguments, for whoever
  /// comes after us. Remembers the environment as it is.
  [[nodiscard]] static Result<AnchorProgram> open(const std::string& engine,
                                                  const std::vector<std::string>& arguments);
  AnchorProgram(AnchorProgram&&) = default;

  /// The exit code of a child that could not be executed.
  static constexpr int not_executed = 127;

  /// Executes the next build, which is held, as a child that looks whether it could go on with what is held
  /// here, and writes to `output`. Returns 0 or errno; allocates nothing.
  [[nodiscard]] int try_next(const Held& held, int output, pid_t& trial) const;

  /// Executes what is open at anchor_program_fd in this process, which keeps its pid, its children and all
  /// that is held. Returns only where that failed, errno, and everything is as it was.
  [[nodiscard]] int execute(Held& held) const;

private:
  explicit AnchorProgram(std::vector<std::string> words);

  std::vector<std::string> words_; ///< what the others point into; never changed
  std::vector<char*> trial_;
  std::vector<char*> resume_;
  std::vector<char*> environment_;
};

} // namespace holdfast::anchor
