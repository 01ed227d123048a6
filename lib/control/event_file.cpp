#include "control/event_file.h"

#include "control/event_index.h"
#include "control/views.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::control {

Status EventFile::update(engine::ControlPort& port) {
  if (next_ == 0) next_ = port.filed().sequence + 1;
  const auto& events = port.events();
  for (std::size_t i = index_of(events, next_); i < events.size(); ++i) {
    next_ = events[i].sequence + 1;
    const std::string line = wire::encode_event(event_line(events[i])) + "\n";
    if (auto written = append(port, events[i].sequence, line); !written) return written.error().in(path_);
  }
  return Done{};
}

Status EventFile::append(engine::ControlPort& port, std::uint64_t sequence, const std::string& line) {
  if (!fd_.valid())
    if (auto opened = open(port); !opened) return opened;
  if (filed_.size != 0 && filed_.size + line.size() > most_)
    if (auto rotated = rotate(port); !rotated) return rotated;
  ssize_t n = 0;
  do
    n = ::write(fd_.get(), line.data(), line.size());
  while (n < 0 && errno == EINTR);
  const int error = errno;
  if (n == static_cast<ssize_t>(line.size())) {
    filed_.sequence = sequence;
    filed_.size += line.size();
    port.set_filed(filed_);
    return Done{};
  }
  // No half line stays: the next would be glued to it.
  if (::ftruncate(fd_.get(), static_cast<off_t>(filed_.size)) != 0) fd_.reset();
  return system_error("write", n < 0 ? error : ENOSPC);
}

Status EventFile::open(engine::ControlPort& port) {
  Fd fd(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640));
  if (!fd.valid()) return system_error("open", errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return system_error("stat", errno);
  if (!S_ISREG(info.st_mode)) return Error{"not a regular file", EINVAL};
  const engine::FiledEvents before = port.filed();
  filed_ = {.sequence = before.sequence,
            .device = info.st_dev,
            .inode = info.st_ino,
            .size = static_cast<std::uint64_t>(info.st_size)};
  const bool is_same = before.device == filed_.device && before.inode == filed_.inode;
  if (is_same && before.size < filed_.size) {
    if (::ftruncate(fd.get(), static_cast<off_t>(before.size)) != 0) return system_error("truncate", errno);
    filed_.size = before.size;
  }
  port.set_filed(filed_);
  fd_ = std::move(fd);
  return Done{};
}

Status EventFile::rotate(engine::ControlPort& port) {
  if (::rename(path_.c_str(), (path_ + ".1").c_str()) != 0) return system_error("rename", errno);
  fd_.reset();
  return open(port);
}

} // namespace holdfast::control
