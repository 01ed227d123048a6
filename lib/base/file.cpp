#include "base/file.h"

#include "base/fd.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast {
namespace {

Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return Done{};
}

Status write_and_sync(int fd, std::string_view bytes, Durability durability) {
  if (auto written = write_all(fd, bytes); !written) return written;
  if (durability == Durability::synced && ::fsync(fd) != 0) return system_error("fsync", errno);
  return Done{};
}

} // namespace

Result<std::string> read_all(int fd, std::size_t most) {
  std::string text;
  char block[4096];
  for (;;) {
    const ssize_t n = ::read(fd, block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("read", errno);
    if (n == 0) return text;
    if (text.size() + static_cast<std::size_t>(n) > most)
      return Error{"larger than " + std::to_string(most) + " bytes", EFBIG};
    text.append(block, static_cast<std::size_t>(n));
  }
}

Result<std::string> read_file(const std::string& path, std::size_t most) {
  // O_NONBLOCK: a FIFO put in the file's place must not stop us at open.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return system_error(path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return system_error(path, errno);
  if (!S_ISREG(info.st_mode)) return Error{path + ": not a regular file", EINVAL};
  auto text = read_all(fd.get(), most);
  if (!text) return text.error().in(path);
  return text;
}

Status replace_file(const std::string& path, std::string_view bytes, unsigned mode, Durability durability) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd.valid()) return system_error(temporary, errno);
  auto written = write_and_sync(fd.get(), bytes, durability);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = system_error("rename", errno);
  if (written) return written;
  ::unlink(temporary.c_str());
  return written.error().in(path);
}

Status make_directories(const std::string& path, unsigned mode) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), mode) != 0 && errno != EEXIST) return system_error(part, errno);
    if (end == std::string::npos) break;
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return system_error(path, errno);
  if (!S_ISDIR(info.st_mode)) return Error{path + ": not a directory", ENOTDIR};
  return Done{};
}

} // namespace holdfast
