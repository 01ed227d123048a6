#include "linux/inheritance.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

bool is_ignored(int signal) {
  struct {
    std::uintptr_t handler;
    std::uint64_t flags;
    std::uintptr_t restorer;
    SignalSet mask;
  } action{};
  return ::syscall(SYS_rt_sigaction, signal, nullptr, &action, sizeof(SignalSet)) == 0 &&
         action.handler == reinterpret_cast<std::uintptr_t>(SIG_IGN);
}

} // namespace

Inheritance Inheritance::look() {
  Inheritance ours;
  for (int signal = 1; signal <= 64; ++signal)
    if (is_ignored(signal)) ours.ignored_ |= signal_bit(signal);
  ours.oom_score_ = Fd(::open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC));
  return ours;
}

bool Inheritance::has_oom_score(std::string_view score) const {
  std::array<char, 16> text{};
  const ssize_t n = ::pread(oom_score_.get(), text.data(), text.size(), 0);
  if (n <= 0) return false;
  return std::string_view(text.data(), static_cast<std::size_t>(n) - 1) == score; // it ends in a newline
}

} // namespace holdfast::linux_os
