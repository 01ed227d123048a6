#include "chaos/log_follower.h"

#include "base/fd.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <unistd.h>

namespace holdfast::test {
namespace {

constexpr std::size_t block_size = 1U << 20U;

/// "2026-11-24T06:53:30.123456Z ".
bool is_stamp(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd.ddddddZ ";
  return text.size() == form.size() &&
         std::equal(text.begin(), text.end(), form.begin(), [](char is, char wanted) {
           return wanted == 'd' ? std::isdigit(static_cast<unsigned char>(is)) != 0 : is == wanted;
         });
}

constexpr std::size_t stamp_size = 28;

} // namespace

std::vector<std::string> LogFollower::put_aside() const {
  std::vector<std::string> paths;
  const std::string start = options_.service + ".log-";
  for (const auto& entry : std::filesystem::directory_iterator(options_.logs))
    if (entry.path().filename().string().starts_with(start)) paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end()); // their names end with the time
  return paths;
}

void LogFollower::read_put_aside() {
  constexpr std::size_t left = 2;
  const auto paths = put_aside();
  for (std::size_t i = 0; i + left < paths.size(); ++i)
    read(paths[i]);
}

LineCounts LogFollower::end() {
  for (const std::string& path : put_aside())
    read(path);
  read(options_.logs + "/" + options_.service + ".log");
  if (!rest_.empty()) take(std::exchange(rest_, {}));
  return audit_.end(runs_of(options_.records, options_.service));
}

void LogFollower::read(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    if (errno == ENOENT) return; // of a service that wrote nothing
    throw std::runtime_error("cannot read " + path);
  }
  ++files_;
  std::string block(block_size, '\0');
  for (ssize_t n = 0; (n = ::read(file.get(), block.data(), block.size())) > 0;) {
    std::string_view text(block.data(), static_cast<std::size_t>(n));
    for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos;
         text.remove_prefix(end + 1)) {
      if (rest_.empty()) {
        take(text.substr(0, end));
        continue;
      }
      rest_ += text.substr(0, end);
      take(rest_);
      rest_.clear();
    }
    rest_ += text;
  }
  ::unlink(path.c_str());
}

void LogFollower::take(std::string_view line) {
  if (options_.timestamps && is_stamp(line.substr(0, stamp_size))) line.remove_prefix(stamp_size);
  audit_.take(line);
}

} // namespace holdfast::test
