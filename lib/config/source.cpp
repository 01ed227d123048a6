#include "config/source.h"

#include "base/fd.h"
#include "base/file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::config {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

Status trusted(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return Error{"not a regular file", 0};
  if (info.st_uid != 0 && info.st_uid != ::geteuid())
    return Error{
        "owned by user " + std::to_string(info.st_uid) + ", neither by root nor by the user we run as", 0};
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) return Error{"its group or others may write it", 0};
  return Done{};
}

} // namespace

std::string_view Source::line(int number) const {
  std::string_view rest = text;
  for (int at = 1; at < number; ++at) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

Result<SourcePtr> read_source(const std::string& path) {
  // O_NONBLOCK: a FIFO put in the file's place must not stop us at open. All is asked of the descriptor, so
  // that the file that is looked at is the file that is read.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return system_error("cannot be read", errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return system_error("cannot be read", errno);
  if (auto allowed = trusted(info); !allowed) return allowed.error();
  auto text = read_all(fd.get(), most_bytes);
  if (!text && text.error().code == EFBIG) return Error{"larger than 256 KiB", EFBIG};
  if (!text) return text.error().in("cannot be read");
  Source source{.path = path, .text = std::move(text).value(), .state = FileState::of(info)};
  // Columns count from what an editor shows first.
  if (source.text.starts_with(byte_order_mark)) source.text.erase(0, byte_order_mark.size());
  return SourcePtr(std::make_shared<Source>(std::move(source)));
}

} // namespace holdfast::config
