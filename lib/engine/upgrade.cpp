#include "engine/upgrade.h"

#include "linux/memory_file.h"
#include "linux/utf8.h"
#include "model/words.h"
#include "wire/held.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace holdfast::engine {
namespace {

Result<Fd> open_program(const std::string& path) {
  Fd program(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!program.valid()) return system_error(path, errno);
  struct stat info {};
  if (::fstat(program.get(), &info) != 0) return system_error(path, errno);
  if (!S_ISREG(info.st_mode) || (info.st_mode & S_IXUSR) == 0)
    return Error{path + ": it is no program", EACCES};
  return program;
}

/// In words that stand behind "the next build".
std::string words_of(const std::optional<model::ExitStatus>& trial, int error) {
  if (!trial) return std::string("cannot be tried: ") + std::strerror(error);
  // Nobody else has a reason to.
  if (trial->signal == SIGKILL) return "was not ready in time";
  return "did not pass its trial: " + model::words(*trial);
}

} // namespace

Status Upgrade::begin(const Memories& memories, std::function<void(std::string)> refused) {
  if (refused_) return Error{"an upgrade is under way"};
  Fd output(::memfd_create("holdfast-trial", MFD_CLOEXEC));
  if (!output.valid()) return system_error("memfd_create", errno);
  auto asked = hand_over(memories);
  if (asked) asked = anchor_.upgrade(output.get());
  if (!asked) {
    take_back();
    return asked;
  }
  output_ = std::move(output);
  refused_ = std::move(refused);
  return Done{};
}

Status Upgrade::hand_over(const Memories& memories) {
  const std::pair<std::int32_t, const std::string&> programs[] = {{wire::next_anchor_slot, programs_.anchor},
                                                                  {wire::next_engine_slot, programs_.engine}};
  for (const auto& [slot, path] : programs) {
    const auto program = open_program(path);
    if (!program) return program.error();
    if (auto held = anchor_.hold(slot, program.value().get()); !held) return held;
  }
  const std::pair<std::int32_t, int> copied[] = {{wire::trial_state_slot, memories.state},
                                                 {wire::trial_configuration_slot, memories.configuration},
                                                 {wire::trial_events_slot, memories.events}};
  for (const auto& [slot, memory] : copied) {
    const auto copy = linux_os::copy_memory_file("holdfast-trial", memory);
    if (!copy) return copy.error();
    if (auto held = anchor_.hold(slot, copy.value().get()); !held) return held;
  }
  return Done{};
}

/// Else it would be held until the next upgrade.
void Upgrade::take_back() {
  for (std::int32_t slot = wire::first_next_slot; slot <= wire::last_next_slot; ++slot)
    anchor_.drop(slot);
}

void Upgrade::not_upgraded(const std::optional<model::ExitStatus>& trial, int error) {
  if (!refused_) return;
  const std::string said = last_words();
  output_.reset();
  std::exchange(refused_, nullptr)("the next build " + words_of(trial, error) +
                                   (said.empty() ? "" : " (" + said + ")") + "; nothing was changed");
}

/// The last line that has any.
std::string Upgrade::last_words() const {
  constexpr std::size_t most = 1024;
  std::array<char, most> bytes{};
  const off_t size = ::lseek(output_.get(), 0, SEEK_END);
  const ssize_t n = ::pread(output_.get(), bytes.data(), most, size > off_t{most} ? size - off_t{most} : 0);
  std::string text(bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  text.erase(text.find_last_not_of("\n ") + 1);
  return linux_os::harmless(text.substr(text.rfind('\n') + 1), most);
}

Upgraded Upgrade::outcome() const {
  switch (life_.upgrade.load()) {
  case wire::Upgrade::none:
  case wire::Upgrade::refused: return Upgraded::none;
  case wire::Upgrade::trying: return Upgraded::under_way;
  case wire::Upgrade::taking_over:
  case wire::Upgrade::done: return Upgraded::done;
  case wire::Upgrade::gone_back: return Upgraded::gone_back;
  }
  return Upgraded::none;
}

} // namespace holdfast::engine
