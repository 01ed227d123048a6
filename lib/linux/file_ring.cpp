#include "linux/file_ring.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace holdfast::linux_os {
namespace {

constexpr std::size_t digits = 10;

struct Numbered {
  std::uint64_t number = 0;
  std::uint64_t size = 0;
  std::string name;
};

std::optional<std::uint64_t> number_of(std::string_view name, std::string_view ending) {
  if (name.size() < digits + ending.size() || !name.ends_with(ending)) return std::nullopt;
  name.remove_suffix(ending.size());
  std::uint64_t number = 0;
  const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (bad != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return number;
}

std::string name_of(std::uint64_t number, const std::string& ending) {
  std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text + ending;
}

Result<std::vector<Numbered>> oldest_first(const std::string& directory, std::string_view ending) {
  std::error_code error;
  std::vector<Numbered> found;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unknown;
    std::string name = entry->path().filename().string();
    const auto number = number_of(name, ending);
    const auto size = number ? entry->file_size(unknown) : 0;
    if (number) found.push_back({*number, unknown ? 0 : size, std::move(name)});
  }
  if (error) return system_error(directory, error.value());
  std::sort(found.begin(), found.end(),
            [](const Numbered& a, const Numbered& b) { return a.number < b.number; });
  return found;
}

void remove_oldest(int directory, const std::vector<Numbered>& files, std::uint64_t kept) {
  std::uint64_t total = 0;
  for (const Numbered& file : files)
    total += file.size;
  for (auto file = files.begin(); file != files.end() && total > kept; ++file) {
    // What cannot be removed will be tried again with the next file.
    ::unlinkat(directory, file->name.c_str(), 0);
    total -= file->size;
  }
}

} // namespace

Result<Fd> FileRing::open_directory() const {
  if (::mkdir(options_.directory.c_str(), 0700) != 0 && errno != EEXIST)
    return system_error(options_.directory, errno);
  Fd directory(::open(options_.directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.valid()) return system_error(options_.directory, errno);
  return directory;
}

Status FileRing::begin(std::string_view head) {
  file_.reset();
  const auto directory = open_directory();
  if (!directory) return directory.error();
  const auto files = oldest_first(options_.directory, options_.ending);
  if (!files) return files.error();
  remove_oldest(directory.value().get(), files.value(), options_.kept);
  const std::uint64_t next = files.value().empty() ? 1 : files.value().back().number + 1;
  const std::string name = name_of(next, options_.ending);
  file_ = Fd(::openat(directory.value().get(), name.c_str(),
                      O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file_.valid()) return system_error(options_.directory + "/" + name, errno);
  auto written = append(head);
  if (!written) ::unlinkat(directory.value().get(), name.c_str(), 0);
  return written;
}

Status FileRing::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      file_.reset();
      return system_error(options_.directory, error);
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return Done{};
}

} // namespace holdfast::linux_os
