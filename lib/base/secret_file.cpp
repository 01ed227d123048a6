#include "base/secret_file.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/utf8.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast {
namespace {

constexpr std::size_t most_bytes = 4096;
constexpr mode_t widest_mode = 0640;

Status check(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error("stat", errno);
  if (!S_ISREG(info.st_mode)) return Error{"not a regular file", EINVAL};
  if (info.st_uid != 0 && info.st_uid != ::geteuid())
    return Error{"owned by user " + std::to_string(info.st_uid) + ", not by root or the user we run as",
                 EACCES};
  if ((info.st_mode & 07777U & ~widest_mode) != 0)
    return Error{"more may read or write it than should (chmod 0640 or 0600)", EACCES};
  return Done{};
}

Result<std::string> one_line(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return Error{"empty", EINVAL};
  const bool is_line = text.find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos;
  if (!is_line || !is_utf8(text)) return Error{"not one line of text", EINVAL};
  return text;
}

} // namespace

Result<std::string> read_secret_file(const std::string& path) {
  const std::string about = "secret_file " + path;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid() && errno == ELOOP) return Error{about + ": a symbolic link", ELOOP};
  if (!fd.valid()) return system_error(about, errno);
  if (auto checked = check(fd.get()); !checked) return checked.error().in(about);
  auto text = read_all(fd.get(), most_bytes);
  if (!text) return text.error().in(about);
  auto secret = one_line(std::move(text).value());
  if (!secret) return secret.error().in(about);
  return secret;
}

} // namespace holdfast
