#include "volume_flaw.h"

#include "base/clock.h"
#include "base/fd.h"
#include "linux/utf8.h"
#include "linux/volume.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::daemon {
namespace {

constexpr Duration patience = std::chrono::seconds(5);
constexpr std::size_t longest_words = 1000;

[[noreturn]] void look(const model::VolumeSpec& volume, int output) {
  const wire::VolumeAnswer answer = linux_os::look_at_volume({.adopt = false,
                                                              .path = volume.path,
                                                              .source = volume.source,
                                                              .type = volume.type,
                                                              .mounted = volume.mounted,
                                                              .marker = volume.marker,
                                                              .known_marker = {},
                                                              .known_file_system = {}});
  const std::string text = wire::encode(answer);
  ::_exit(::write(output, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
}

/// All that the child writes until it ends; less where it does not end in time.
std::string read_within(int input, Duration span) {
  const MonoTime end = later(read_mono(), span);
  std::string text;
  std::array<char, 4096> block{};
  while (text.size() < wire::longest_volume_answer) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - read_mono()).count();
    pollfd waited{.fd = input, .events = POLLIN, .revents = 0};
    if (left <= 0 || ::poll(&waited, 1, static_cast<int>(left)) == 0) break;
    const ssize_t n = ::read(input, block.data(), block.size());
    if (n <= 0) break;
    text.append(block.data(), static_cast<std::size_t>(n));
  }
  return text;
}

} // namespace

std::string volume_flaw(const model::VolumeSpec& volume) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe", errno).what;
  const Fd input(ends[0]);
  Fd output(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return system_error("fork", errno).what;
  if (child == 0) look(volume, output.get());
  output.reset();
  const std::string text = read_within(input.get(), patience);
  // One that a dead disk holds cannot be ended, nor waited for.
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, text.empty() ? WNOHANG : 0);
  const auto answer = wire::decode_volume_answer(text);
  if (!answer) return volume.path + " does not answer";
  return linux_os::harmless(answer.value().what, longest_words);
}

} // namespace holdfast::daemon
