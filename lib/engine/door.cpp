#include "engine/door.h"

#include "base/clock.h"
#include "base/fd.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace holdfast::engine {
namespace {

constexpr mode_t directory_mode = 0755;

std::string directory_of(const std::string& runtime) {
  return runtime + "/door";
}

Status make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), directory_mode) != 0 && errno != EEXIST) return system_error(path, errno);
  const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0) return system_error(path, errno);
  if (info.st_uid != 0 && info.st_uid != ::geteuid())
    return Error{path + ": belongs to user " + std::to_string(info.st_uid) +
                     ", who could open the door; remove it, it is made anew",
                 EACCES};
  if ((info.st_mode & 07777) != directory_mode && ::fchmod(fd.get(), directory_mode) != 0)
    return system_error(path, errno);
  return Done{};
}

Status remove_flag(const std::string& runtime) {
  const std::string flag = door_flag(runtime);
  if (::unlink(flag.c_str()) == 0 || errno == ENOENT) return Done{};
  return system_error(flag, errno);
}

Status make_flag(const std::string& runtime) {
  // Somebody may have tidied /run.
  if (auto made = make_directory(directory_of(runtime)); !made) return made;
  const std::string flag = door_flag(runtime);
  const Fd fd(::open(flag.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd.valid()) return system_error(flag, errno);
  return Done{};
}

} // namespace

std::string door_flag(const std::string& runtime) {
  return directory_of(runtime) + "/open";
}

Status close_door_of(const std::string& runtime) {
  if (auto made = make_directory(directory_of(runtime)); !made) return made;
  return remove_flag(runtime);
}

std::string hides_door(const std::string& flag) {
  std::string hidden_by;
  for (std::filesystem::path at = std::filesystem::path(flag).parent_path(); at != at.root_path();
       at = at.parent_path()) {
    struct stat info {};
    if (::stat(at.c_str(), &info) == 0 && (info.st_mode & S_IXOTH) == 0) hidden_by = at;
  }
  return hidden_by;
}

Door::Door(boost::asio::io_context& loop, const std::string& runtime, bool open,
           std::function<void(std::string)> trouble)
    : timer_(loop), runtime_(runtime), flag_(door_flag(runtime)), trouble_(std::move(trouble)), wanted_(open),
      is_open_(open) {
  if (open) look_later();
}

void Door::want(bool open) {
  wanted_ = open;
  settle();
  look_later();
}

/// By its path, as whoever stands before the stack looks for it: somebody may have put another directory in
/// the place of ours. Closed only where there is nothing at all; open only where there is a file.
bool Door::is_as_wanted() const {
  struct stat info {};
  if (wanted_) return ::stat(flag_.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  return ::lstat(flag_.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

Status Door::move() const {
  return wanted_ ? make_flag(runtime_) : remove_flag(runtime_);
}

void Door::settle() {
  if (is_as_wanted()) {
    is_open_ = wanted_;
  } else if (auto moved = move(); !moved) {
    const std::string words =
        std::string(wanted_ ? "the door cannot be opened: "
                            : "the door cannot be closed, the public still comes in: ") +
        moved.error().what;
    if (std::exchange(told_, words) != words) trouble_(words);
    return;
  } else if (std::exchange(is_open_, wanted_) == wanted_) {
    tell_of_stranger();
  }
  if (!std::exchange(told_, {}).empty())
    trouble_(std::string("the door is ") + (is_open_ ? "open" : "closed") + " now");
}

void Door::tell_of_stranger() {
  constexpr Duration at_most_every = std::chrono::minutes(1);
  const MonoTime now = read_mono();
  if (told_of_stranger_ != never && now - told_of_stranger_ < at_most_every) return;
  told_of_stranger_ = now;
  trouble_(wanted_
               ? flag_ + " was removed by somebody else while the door is open: the public stood outside; it "
                         "is made anew"
               : flag_ +
                     " was made by somebody else while the door is closed: the public may have come in; it "
                     "is removed");
}

/// A stack to which nothing happens has no turns.
void Door::look_later() {
  if (std::exchange(timer_set_, true)) return;
  timer_.expires_after(std::chrono::seconds(1));
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    timer_set_ = false;
    settle();
    look_later();
  });
}

} // namespace holdfast::engine
