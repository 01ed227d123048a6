#include "client/log_bytes.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace holdfast::client {
namespace {

constexpr std::size_t packed_block = 128U << 10;

} // namespace

Result<LogBytes> LogBytes::open(const std::string& path, wire::Compression packing) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!fd.valid()) return system_error(path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return system_error(path, errno);
  if (!S_ISREG(info.st_mode)) return Error{path + ": not a regular file", EINVAL};
  return LogBytes(path, std::move(fd), packing);
}

Result<std::size_t> LogBytes::read(std::span<char> out) {
  return decoder_ ? decode(out) : read_file(out);
}

Result<std::size_t> LogBytes::decode(std::span<char> out) {
  std::span<char> room = out;
  packed_.resize(packed_block);
  for (;;) {
    // What is decoded already may have to be fetched with nothing more at hand.
    if (auto decoded = decoder_->decode(left_, room); !decoded)
      return Error{path_ + " is damaged (" + decoded.error().what + "); what follows in it is not shown",
                   EBADMSG};
    if (room.size() < out.size()) return out.size() - room.size();
    if (!left_.empty()) continue;
    const auto n = read_file(packed_);
    if (!n) return n.error();
    if (n.value() == 0 && decoder_->complete()) return std::size_t{0};
    if (n.value() == 0) return Error{path_ + " is damaged: its end is missing", EBADMSG};
    left_ = std::string_view(packed_).substr(0, n.value());
  }
}

Result<std::size_t> LogBytes::read_file(std::span<char> out) {
  for (;;) {
    const ssize_t n = ::read(fd_.get(), out.data(), out.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return system_error(path_, errno);
  }
}

Status LogBytes::rewind() {
  if (::lseek(fd_.get(), 0, SEEK_SET) < 0) return system_error(path_, errno);
  left_ = {};
  if (decoder_) decoder_->restart();
  return Done{};
}

bool LogBytes::is_at(const std::string& path) const {
  struct stat ours {};
  struct stat other {};
  return ::fstat(fd_.get(), &ours) == 0 && ::lstat(path.c_str(), &other) == 0 &&
         ours.st_ino == other.st_ino && ours.st_dev == other.st_dev;
}

} // namespace holdfast::client
