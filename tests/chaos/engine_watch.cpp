#include "chaos/engine_watch.h"

#include "chaos/process_facts.h"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;

/// comes_true() looks every ten milliseconds; an engine lives and dies in less.
template <typename Predicate>
bool comes_soon(Milliseconds within, Predicate predicate) {
  const Deadline deadline(within);
  while (!predicate()) {
    if (deadline.passed()) return false;
    const timespec moment{.tv_sec = 0, .tv_nsec = 200'000};
    ::ppoll(nullptr, 0, &moment, nullptr);
  }
  return true;
}

/// The shared memory among the anchor's descriptors.
std::optional<Fd> open_table(pid_t anchor) {
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(anchor) + "/fd", gone)) {
    const fs::path target = fs::read_symlink(entry.path(), gone);
    if (target.string().starts_with("/memfd:holdfast-last-stop"))
      return Fd(::open(entry.path().c_str(), O_RDWR | O_CLOEXEC));
  }
  return std::nullopt;
}

/// By a pidfd, and after another look at whose child it is: a number may be another's by now.
bool send_to(pid_t pid, pid_t parent, int signal) {
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.valid() || parent_of(pid) != parent) return false;
  return ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
}

} // namespace

EngineWatch::EngineWatch(pid_t anchor, std::string cgroup) : anchor_(anchor), cgroup_(std::move(cgroup)) {
  const bool mapped = comes_soon(20s, [&] {
    const auto fd = open_table(anchor_);
    if (!fd || !fd->valid()) return false;
    const auto table = wire::map_last_stop(fd->get());
    if (table) table_ = table.value();
    return table.ok();
  });
  if (!mapped) throw std::runtime_error("the anchor has no memory that it shares with its engine");
  wait_adopted();
}

bool EngineWatch::is_adopted(std::uint32_t at_least) const {
  // Read in this order: cleared before the number is counted up.
  const std::uint32_t present = number();
  return present >= at_least && life().adopted.load() != 0 && number() == present;
}

std::uint32_t EngineWatch::wait_adopted(std::uint32_t at_least, Milliseconds within) const {
  if (!comes_soon(within, [&] { return is_adopted(at_least); }))
    throw std::runtime_error("no engine from number " + std::to_string(at_least) +
                             " was adopted in time; the present one is number " + std::to_string(number()) +
                             (engine() == 0 ? " and is not there" : ""));
  return number();
}

bool EngineWatch::wait_for(std::uint32_t wanted, Milliseconds within) const {
  return comes_soon(within, [&] { return number() > wanted || (number() == wanted && engine() != 0); });
}

pid_t EngineWatch::engine() const {
  for (const pid_t pid : pids_in(cgroup_ + "/supervisor"))
    if (pid != anchor_ && parent_of(pid) == anchor_) return pid;
  return 0;
}

bool EngineWatch::send(int signal) const {
  const pid_t pid = engine();
  return pid != 0 && send_to(pid, anchor_, signal);
}

bool EngineWatch::kill_observer() const {
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(cgroup_ + "/observer", gone))
    if (entry.is_directory(gone))
      for (const pid_t pid : pids_in(entry.path().string()))
        if (send_to(pid, anchor_, SIGKILL)) return true;
  return false;
}

std::size_t EngineWatch::descriptors() const {
  std::size_t count = 0;
  std::error_code gone;
  for (auto at = fs::directory_iterator("/proc/" + std::to_string(anchor_) + "/fd", gone);
       !gone && at != fs::directory_iterator(); at.increment(gone))
    ++count;
  return count;
}

} // namespace holdfast::test
