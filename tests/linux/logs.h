#pragma once

#include "base/file.h"
#include "linux/log_file.h"
#include "linux/log_memory.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/mount.h>
#include <unistd.h>
#include <vector>

namespace holdfast::test {

constexpr std::size_t stamp_size = 28;

/// Whether a line begins with "2026-11-24T06:53:30.123456Z ".
inline bool is_stamped(std::string_view line) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd.ddddddZ ";
  static_assert(form.size() == stamp_size);
  if (line.size() < form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == 'd' ? line[i] < '0' || line[i] > '9' : line[i] != form[i]) return false;
  return true;
}

/// The text with each line's stamp taken off; "(no stamp)" stands where one is missing.
inline std::string without_stamps(std::string_view text) {
  std::string bare;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n') + 1);
    const std::string_view whole = line.empty() ? text : line;
    bare += is_stamped(whole) ? whole.substr(stamp_size) : std::string("(no stamp)").append(whole);
    text.remove_prefix(whole.size());
  }
  return bare;
}

/// Another descriptor of the same.
inline Fd copy_of(const Fd& fd) {
  return Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

/// What the next capture is given of what is held.
inline linux_os::LogHold copy_of(const linux_os::LogHold& hold) {
  return {.memory = copy_of(hold.memory),
          .receipt_read = copy_of(hold.receipt_read),
          .receipt_write = copy_of(hold.receipt_write)};
}

inline linux_os::LogHold make_hold() {
  auto hold = linux_os::LogHold::make();
  REQUIRE(hold);
  return std::move(hold).value();
}

inline void put(const Fd& pipe, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(pipe.get(), bytes.data(), bytes.size());
    if (n < 0) throw std::runtime_error("write to the pipe");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// A small file system over a directory.
class SmallDisk {
public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    REQUIRE(::mount("tmpfs", path_.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=256k,mode=0750") == 0);
  }
  ~SmallDisk() { ::umount2(path_.c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  void fill() {
    const Fd fd(::open((path_ + "/filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(fd.valid());
    const std::string block(4096, 'x');
    while (::write(fd.get(), block.data(), block.size()) > 0) {
    }
    REQUIRE(errno == ENOSPC);
  }
  void make_room() { REQUIRE(::unlink((path_ + "/filler").c_str()) == 0); }

private:
  std::string path_;
};

/// A log directory and what is in it.
class Logs {
public:
  Logs() {
    auto opened = linux_os::open_log_directory(scratch_ / "log");
    REQUIRE(opened);
    directory = std::move(opened).value();
  }

  Fd directory;

  [[nodiscard]] linux_os::LogFile open(std::uint64_t rotate_size = 1U << 30U,
                                       linux_os::LastLine last_line = linux_os::LastLine::torn) const {
    auto file = linux_os::LogFile::open(directory.get(), "redis", {.size = rotate_size}, last_line);
    REQUIRE(file);
    return std::move(file).value();
  }
  [[nodiscard]] std::string path(const std::string& name) const { return scratch_ / ("log/" + name); }
  /// Empty where there is no such file: while one is put aside there is none for a moment.
  [[nodiscard]] std::string text(const std::string& name = "redis.log") const {
    const auto read = read_file(path(name), 1U << 28U);
    if (!read && read.error().code != ENOENT) throw std::runtime_error(read.error().what);
    return read ? read.value() : std::string();
  }
  /// What a service has put aside, oldest first.
  [[nodiscard]] std::vector<std::string> put_aside(const std::string& service = "redis") const {
    std::vector<std::string> found = names();
    std::erase_if(found, [&](const std::string& name) { return !name.starts_with(service + ".log-"); });
    return found;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_ / "log"))
      found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }

private:
  Scratch scratch_;
};

} // namespace holdfast::test
