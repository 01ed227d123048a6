#include "linux/volume_marker.h"

#include "base/fd.h"
#include "base/file.h"
#include "wire/volume.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <string_view>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

constexpr std::size_t most_bytes = 256;

Result<std::string> new_id(const std::string& begins) {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return system_error("getrandom", errno);
  std::string id;
  for (const unsigned char byte : bytes) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", byte);
    id += digits.data();
  }
  return id.replace(0, begins.size(), begins);
}

Status write_new(int directory, const std::string& name, std::string_view bytes) {
  const Fd fd(::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd.valid()) return system_error(name, errno);
  const ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
  if (n < 0) return system_error(name, errno);
  if (static_cast<std::size_t>(n) != bytes.size()) return system_error(name, ENOSPC);
  if (::fsync(fd.get()) != 0) return system_error(name, errno);
  return Done{};
}

/// Replaces nothing. A file system without RENAME_NOREPLACE (NFS) has links, of which the same is true.
Status put_in_place(int directory, const std::string& temporary, const std::string& name) {
  if (::renameat2(directory, temporary.c_str(), directory, name.c_str(), RENAME_NOREPLACE) == 0)
    return Done{};
  if (errno != EINVAL) return system_error(name, errno);
  if (::linkat(directory, temporary.c_str(), directory, name.c_str(), 0) != 0)
    return system_error(name, errno);
  if (::unlinkat(directory, temporary.c_str(), 0) != 0) return system_error(temporary, errno);
  return Done{};
}

} // namespace

Result<std::string> read_marker(int directory, const std::string& name) {
  const Fd fd(::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid() && errno == ENOENT) return std::string();
  if (!fd.valid() && errno == ELOOP) return Error{"the marker " + name + " is a symbolic link", ELOOP};
  if (!fd.valid()) return system_error("the marker " + name, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return system_error("the marker " + name, errno);
  if (!S_ISREG(info.st_mode)) return Error{"the marker " + name + " is not a plain file", EINVAL};
  auto text = read_all(fd.get(), most_bytes);
  if (!text) return text.error().in("the marker " + name);
  std::string id = std::move(text).value();
  if (id.ends_with('\n')) id.pop_back();
  if (!wire::is_marker_id(id)) return Error{"the marker " + name + " holds no id", EINVAL};
  return id;
}

Result<std::string> make_marker(int directory, const std::string& name, const std::string& begins) {
  // An O_PATH descriptor cannot be synced.
  const Fd readable(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!readable.valid()) return system_error("the volume", errno);
  auto id = new_id(begins);
  if (!id) return id;
  // Its end: two tries of one adoption begin alike.
  const std::string temporary = name + ".new-" + id.value().substr(id.value().size() - 8);
  auto made = write_new(readable.get(), temporary, id.value() + "\n");
  if (made) made = put_in_place(readable.get(), temporary, name);
  if (!made) {
    ::unlinkat(readable.get(), temporary.c_str(), 0);
    return made.error();
  }
  if (::fsync(readable.get()) != 0) return system_error("the volume", errno);
  return id;
}

} // namespace holdfast::linux_os
