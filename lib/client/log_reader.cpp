#include "client/log_reader.h"

#include "wire/control.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace holdfast::client {
namespace {

constexpr std::size_t block_size = 64U << 10;
constexpr std::size_t longest_piece = 64U << 10;
constexpr std::uint64_t furthest_back = 64U << 20;

/// Regular files only, and never a wait: a FIFO in a log's place must not hold us up.
Result<Fd> open_log(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!fd.valid()) return system_error(path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return system_error(path, errno);
  if (!S_ISREG(info.st_mode)) return Error{path + ": not a regular file", EINVAL};
  return fd;
}

bool is_same_file(int fd, const std::string& path) {
  struct stat ours {};
  struct stat other {};
  return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &other) == 0 && ours.st_ino == other.st_ino &&
         ours.st_dev == other.st_dev;
}

struct Begin {
  std::uint64_t offset = 0;
  std::uint64_t lines = 0; ///< from there to the end
};

/// Where the last `lines` lines of a file begin, at most `reach` bytes before its end. A last line without a
/// newline counts.
Result<Begin> last_lines_of(int fd, std::uint64_t lines, std::uint64_t reach) {
  const off_t size = ::lseek(fd, 0, SEEK_END);
  if (size < 0) return system_error("lseek", errno);
  std::string block(block_size, '\0');
  Begin begin;
  const auto end = static_cast<std::uint64_t>(size);
  for (std::uint64_t at = end; at > 0 && end - at < reach;) {
    const std::uint64_t from = at > block_size ? at - block_size : 0;
    const ssize_t n = ::pread(fd, block.data(), at - from, static_cast<off_t>(from));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("read", errno);
    for (std::uint64_t i = static_cast<std::uint64_t>(n); i > 0; --i) {
      const std::uint64_t behind = from + i; // of the byte that is looked at
      if (block[i - 1] != '\n' || behind == end) continue;
      if (++begin.lines == lines) return Begin{.offset = behind, .lines = lines};
    }
    at = from;
    begin.offset = from;
  }
  begin.lines += end > 0 ? 1 : 0;
  return begin;
}

} // namespace

std::vector<std::string> log_files(const std::string& directory, const std::string& service) {
  const std::string newest = service + ".log";
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(directory, error);
       !error && entry != std::filesystem::end(entry); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (name.starts_with(newest + "-") && name.ends_with("Z")) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  names.push_back(newest);
  return names;
}

std::vector<std::string> logged_services(const std::string& directory) {
  std::vector<std::string> services;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(directory, error);
       !error && entry != std::filesystem::end(entry); entry.increment(error)) {
    const std::string name = entry->path().stem().string();
    if (entry->path().extension() == ".log" && wire::is_service_name(name)) services.push_back(name);
  }
  std::sort(services.begin(), services.end());
  return services;
}

LogReader::LogReader(std::string directory, std::string service)
    : directory_(std::move(directory)), service_(std::move(service)) {}

Status LogReader::seek_last(std::uint64_t lines) {
  std::vector<std::string> names = log_files(directory_, service_);
  std::uint64_t reach = furthest_back;
  std::uint64_t wanted = lines;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    auto fd = open_log(directory_ + "/" + *name);
    if (!fd && fd.error().code == ENOENT) continue; // renamed or removed since it was listed, or not made yet
    if (!fd) return fd.error();
    const off_t size = ::lseek(fd.value().get(), 0, SEEK_END);
    const bool first = name == names.rbegin();
    if (wanted == 0 && first) return open(*name, static_cast<std::uint64_t>(std::max<off_t>(size, 0)));
    const auto begin = last_lines_of(fd.value().get(), wanted, reach);
    if (!begin) return begin.error().in(directory_ + "/" + *name);
    if (auto opened = open(*name, begin.value().offset); !opened) return opened;
    wanted -= std::min(wanted, begin.value().lines);
    reach -= std::min(reach, static_cast<std::uint64_t>(size) - begin.value().offset);
    if (wanted == 0 || reach == 0) break;
  }
  return Done{};
}

Status LogReader::open(const std::string& name, std::uint64_t offset) {
  auto fd = open_log(directory_ + "/" + name);
  if (!fd) return fd.error();
  if (::lseek(fd.value().get(), static_cast<off_t>(offset), SEEK_SET) < 0)
    return system_error("lseek", errno);
  fd_ = std::move(fd).value();
  return Done{};
}

Status LogReader::read(std::vector<std::string>& lines) {
  for (;;) {
    if (fd_.valid())
      if (auto drained = drain(lines); !drained) return drained;
    const std::string next = successor();
    if (next.empty()) return Done{};
    // It was renamed, maybe after it was drained: from the renaming on nothing is added to it.
    if (fd_.valid())
      if (auto drained = drain(lines); !drained) return drained;
    auto opened = open(next, 0);
    if (!opened && opened.error().code == ENOENT)
      return Done{}; // between renaming and making: at the next call
    if (!opened) return opened;
  }
}

Status LogReader::drain(std::vector<std::string>& lines) {
  for (;;) {
    const std::size_t before = bytes_.size();
    bytes_.resize(before + block_size);
    const ssize_t n = ::read(fd_.get(), bytes_.data() + before, block_size);
    const int error = errno;
    bytes_.resize(before + (n > 0 ? static_cast<std::size_t>(n) : 0));
    if (n < 0 && error == EINTR) continue;
    if (n < 0) return system_error(directory_ + "/" + service_ + ".log", error);
    if (n == 0) return Done{};
    take(before, lines);
  }
}

/// Takes whole lines out of bytes_; there is no newline before `looked`.
void LogReader::take(std::size_t looked, std::vector<std::string>& lines) {
  std::size_t begin = 0;
  for (std::size_t end = bytes_.find('\n', looked); end != std::string::npos;
       end = bytes_.find('\n', begin)) {
    lines.push_back(bytes_.substr(begin, end - begin));
    begin = end + 1;
  }
  bytes_.erase(0, begin);
  if (bytes_.size() > longest_piece) lines.push_back(std::exchange(bytes_, {}));
}

std::string LogReader::successor() const {
  const std::string newest = service_ + ".log";
  if (!fd_.valid()) return newest;
  if (is_same_file(fd_.get(), directory_ + "/" + newest)) return {};
  const std::vector<std::string> names = log_files(directory_, service_);
  const auto ours = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
    return is_same_file(fd_.get(), directory_ + "/" + name);
  });
  if (ours == names.end()) return newest; // compressed or removed meanwhile
  return ours + 1 == names.end() ? std::string() : *(ours + 1);
}

std::string LogReader::rest() {
  return std::exchange(bytes_, {});
}

} // namespace holdfast::client
