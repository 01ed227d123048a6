#include "anchor/anchor_program.h"

#include "anchor/numbers.h"
#include "anchor/say.h"
#include "anchor/signals.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace holdfast::anchor {
namespace {

/// Among the words that are remembered.
constexpr std::size_t try_at = 1;
constexpr std::size_t resume_at = 2;

} // namespace

AnchorProgram::AnchorProgram(std::vector<std::string> words) : words_(std::move(words)) {
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if (i != resume_at) trial_.push_back(words_[i].data());
    if (i != try_at) resume_.push_back(words_[i].data());
  }
  trial_.push_back(nullptr);
  resume_.push_back(nullptr);
  // A variable stays where it is when it is taken out.
  for (char** at = environ; *at != nullptr; ++at)
    environment_.push_back(*at);
  environment_.push_back(nullptr);
}

Result<AnchorProgram> AnchorProgram::open(const std::string& engine,
                                          const std::vector<std::string>& arguments) {
  if (::fcntl(anchor_program_fd, F_GETFD) < 0) {
    const int fd = ::open("/proc/self/exe", O_PATH | O_CLOEXEC);
    if (fd < 0) return system_error("/proc/self/exe", errno);
    if (auto placed = place(fd, anchor_program_fd); !placed) return placed.error();
  }
  std::vector<std::string> words{"holdfast-anchor", try_word, resume_word, engine};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return AnchorProgram(std::move(words));
}

int AnchorProgram::try_next(const Held& held, int output, pid_t& trial) const {
  const pid_t pid = ::fork();
  if (pid < 0) return errno;
  if (pid > 0) {
    trial = pid;
    return 0;
  }
  ::setpgid(0, 0);
  // Nobody else would end one that hangs.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  restore_signals();
  held.pass_on();
  // What it would have if it were to resume.
  if (::dup2(output, STDOUT_FILENO) >= 0 && ::dup2(output, STDERR_FILENO) >= 0 &&
      ::dup2(wire::held_fd(wire::next_engine_slot), engine_program_fd) >= 0 && set_inherited(table_fd, true))
    ::execveat(wire::held_fd(wire::next_anchor_slot), "", trial_.data(), environ, AT_EMPTY_PATH);
  say("the next build cannot be executed: %s", ::strerrordesc_np(errno));
  ::_exit(not_executed);
}

int AnchorProgram::execute(Held& held) const {
  held.pass_on();
  set_ours_inherited(true);
  ::execveat(anchor_program_fd, "", resume_.data(), environment_.data(), AT_EMPTY_PATH);
  const int error = errno;
  set_ours_inherited(false);
  held.find();
  return error;
}

} // namespace holdfast::anchor
