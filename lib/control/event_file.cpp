#include "control/event_file.h"

#include "control/event_index.h"
#include "control/views.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::control {

Status EventFile::update(const engine::ControlPort& port) {
  const auto& events = port.events();
  for (std::size_t i = index_of(events, next_); i < events.size(); ++i) {
    next_ = events[i].sequence + 1;
    if (auto written = append(wire::encode_event(event_line(events[i])) + "\n"); !written)
      return written.error().in(path_);
  }
  return Done{};
}

Status EventFile::append(const std::string& line) {
  if (!fd_.valid())
    if (auto opened = open(); !opened) return opened;
  if (size_ != 0 && size_ + line.size() > most_)
    if (auto rotated = rotate(); !rotated) return rotated;
  ssize_t n = 0;
  do
    n = ::write(fd_.get(), line.data(), line.size());
  while (n < 0 && errno == EINTR);
  const int error = errno;
  if (n == static_cast<ssize_t>(line.size())) {
    size_ += line.size();
    return Done{};
  }
  // No half line stays: the next would be glued to it.
  if (::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0) fd_.reset();
  return system_error("write", n < 0 ? error : ENOSPC);
}

Status EventFile::open() {
  Fd fd(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640));
  if (!fd.valid()) return system_error("open", errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return system_error("stat", errno);
  if (!S_ISREG(info.st_mode)) return Error{"not a regular file", EINVAL};
  size_ = static_cast<std::uint64_t>(info.st_size);
  fd_ = std::move(fd);
  return Done{};
}

Status EventFile::rotate() {
  if (::rename(path_.c_str(), (path_ + ".1").c_str()) != 0) return system_error("rename", errno);
  fd_.reset();
  return open();
}

} // namespace holdfast::control
