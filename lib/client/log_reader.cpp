#include "client/log_reader.h"

#include "client/log_tail.h"
#include "client/log_times.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace holdfast::client {
namespace {

/// How often a log may be rotated between two looks before that is no accident.
constexpr int most_looks = 100;
constexpr std::size_t head_size = 64;

std::string head_of(int fd, std::size_t size) {
  std::string head(size, '\0');
  const ssize_t n = ::pread(fd, head.data(), size, 0);
  head.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return head;
}

/// Whether both begin in the same way, as far as one block goes: with times in the lines, and mostly without,
/// no two files of a log do. What cannot be decompressed is taken to be the same.
bool begin_alike(LogBytes& packed, int plain) {
  constexpr std::size_t looked_at = 64U << 10;
  std::string head(looked_at, '\0');
  const auto n = packed.read(head);
  if (!n) return true;
  head.resize(n.value());
  return head == head_of(plain, n.value());
}

bool is_one_file(int a, int b) {
  struct stat of_a {};
  struct stat of_b {};
  return ::fstat(a, &of_a) == 0 && ::fstat(b, &of_b) == 0 && of_a.st_ino == of_b.st_ino &&
         of_a.st_dev == of_b.st_dev;
}

} // namespace

struct LogReader::Candidate {
  std::string rotated; ///< empty: the current file
  std::string before;  ///< when the file before it was rotated
};

struct LogReader::Candidates {
  std::vector<Candidate> files; ///< oldest first, without those that end too early or begin too late
  std::string newest;           ///< when the newest of all those that were rotated was
  std::optional<LogBytes> current;
};

LogReader::LogReader(std::string directory, std::string service, const LineFilter& filter, LogTrouble trouble)
    : directory_(std::move(directory)), service_(std::move(service)), filter_(&filter),
      trouble_(std::move(trouble)), window_(filter) {}

Result<LogReader::Candidates> LogReader::candidates() const {
  for (int look = 0; look < most_looks; ++look) {
    auto current = open_current();
    if (!current && current.error().code != ENOENT) return current.error();
    const auto rotated = rotated_logs(directory_, service_);
    if (!rotated) return rotated.error();
    // Only what is current still is newer than all that were found.
    if (current && !current.value().is_at(path_of(wire::current_log(service_)))) continue;
    Candidates found;
    const std::string since = wire::as_in_names(filter_->since);
    for (const LogFileName& file : rotated.value()) {
      if (file.rotated >= since && !begins_after_until(found.newest))
        found.files.push_back({.rotated = file.rotated, .before = found.newest});
      found.newest = file.rotated;
    }
    if (!begins_after_until(found.newest)) found.files.push_back({.rotated = {}, .before = found.newest});
    if (current) found.current = std::move(current).value();
    return found;
  }
  return Error{path_of(wire::current_log(service_)) + " is rotated again at each look"};
}

bool LogReader::begins_after_until(const std::string& rotated_before) const {
  return !filter_->until.empty() && rotated_before > wire::as_in_names(filter_->until);
}

Result<LogBegin> LogReader::begin(std::optional<std::uint64_t> last) {
  auto found = candidates();
  if (!found) return found.error();
  behind_ = found.value().newest;
  if (found.value().files.empty()) return LogBegin{};
  if (last == 0U) return begin_at_end(std::move(found).value());
  if (last || filter_->needs_times) return go_back(std::move(found).value(), last);
  behind_ = found.value().files.front().before;
  return LogBegin{};
}

Result<LogBegin> LogReader::begin_at_end(Candidates found) {
  if (!found.current) return LogBegin{};
  bytes_ = std::move(found.current);
  current_ = true;
  if (::lseek(bytes_->fd(), 0, SEEK_END) < 0) return system_error(bytes_->path(), errno);
  return LogBegin{};
}

Result<LogBegin> LogReader::go_back(Candidates found, std::optional<std::uint64_t> last) {
  LogBegin begin;
  bool newer_has_times = false;
  for (auto file = found.files.rbegin(); file != found.files.rend(); ++file) {
    const bool is_current = file->rotated.empty();
    if (is_current && !found.current) continue;
    auto opened = is_current ? Result<LogBytes>(std::move(*found.current)) : open_rotated(file->rotated);
    if (!opened && opened.error().code != ENOENT) tell(opened.error().what);
    if (!opened) continue;
    LogBytes& bytes = opened.value();
    if (filter_->needs_times && !has_times(bytes, newer_has_times)) {
      if (!newer_has_times) return LogBegin{.lines = 0, .without_times = bytes.path()};
      tell(bytes.path() + " has no times; it and what is older are not shown");
      break;
    }
    if (!bytes_) behind_ = file->before;
    if (!last) continue;
    const auto tail = find_tail(bytes, *filter_, *last - begin.lines);
    if (!tail) return tail.error();
    if (tail.value().trouble) tell(tail.value().trouble->what);
    begin.lines += tail.value().lines;
    if (!is_current && tail.value().lines == 0) {
      barren_.insert(file->rotated);
      continue;
    }
    bytes_ = std::move(bytes);
    current_ = is_current;
    if (!is_current) behind_ = file->rotated;
    skip_ = tail.value().skip;
    if (begin.lines == *last) break;
  }
  return begin;
}

bool LogReader::has_times(LogBytes& bytes, bool& newer_has) {
  const auto times = times_in(bytes);
  if (!times) tell(times.error().what);
  if (!times || times.value() == Times::not_known) return true;
  newer_has = newer_has || times.value() == Times::there;
  return times.value() == Times::there;
}

Result<LogBytes> LogReader::open_current() const {
  return LogBytes::open(path_of(wire::current_log(service_)), wire::Compression::none);
}

/// It may be compressed at any moment, also since it was listed.
Result<LogBytes> LogReader::open_rotated(const std::string& rotated) const {
  Result<LogBytes> opened = Error{};
  for (const wire::Compression packing :
       {wire::Compression::none, wire::Compression::zstd, wire::Compression::gzip}) {
    opened = LogBytes::open(path_of(rotated_log(service_, rotated, packing)), packing);
    if (opened || opened.error().code != ENOENT) break;
  }
  return opened;
}

std::optional<LineView> LogReader::next() {
  for (;;) {
    if (const auto line = window_.next()) {
      if (!skips()) return line;
      continue;
    }
    if (bytes_) {
      const auto n = bytes_->read(window_.room());
      if (n && n.value() > 0) {
        window_.filled(n.value());
        continue;
      }
      if (!n) tell(n.error().what);
      if (!n && !current_) {
        bytes_.reset();
        torn_ = true;
        if (const auto line = rest()) return line;
      }
    }
    if (!go_on()) return std::nullopt;
  }
}

std::optional<LineView> LogReader::rest() {
  while (const auto line = window_.rest())
    if (!skips()) return line;
  return std::nullopt;
}

bool LogReader::skips() {
  if (skip_ == 0) return false;
  --skip_;
  return true;
}

/// At the end of what is read, as far as it goes. False: there is nothing else now.
bool LogReader::go_on() {
  if (std::exchange(torn_, false)) window_.clear();
  if (bytes_ && current_) {
    if (bytes_->is_at(path_of(wire::current_log(service_)))) return was_cut();
    // It was rotated, maybe after its end was seen: from then on nothing is added to it.
    if (!std::exchange(left_, true)) return true;
    leave_current();
  }
  bytes_.reset();
  return open_next();
}

bool LogReader::open_next() {
  for (;;) {
    if (open_newer_rotated()) return true;
    if (begins_after_until(behind_)) return false;
    auto current = open_current();
    if (!current) {
      // Between renaming and making: at the next call.
      if (current.error().code != ENOENT) tell(current.error().what);
      return false;
    }
    const auto rotated = rotated_logs(directory_, service_);
    if (!rotated) {
      tell(rotated.error().what);
      return false;
    }
    if (!rotated.value().empty() && rotated.value().back().rotated > behind_) continue;
    bytes_ = std::move(current).value();
    current_ = true;
    left_ = false;
    head_.clear();
    return true;
  }
}

/// Listed once for all of them: the directory may hold the files of many services.
bool LogReader::look_ahead() {
  const auto rotated = rotated_logs(directory_, service_);
  if (!rotated) {
    tell(rotated.error().what);
    return false;
  }
  for (const LogFileName& file : rotated.value())
    if (file.rotated > behind_) ahead_.push_back(file.rotated);
  return !ahead_.empty();
}

bool LogReader::open_newer_rotated() {
  if (ahead_.empty() && !look_ahead()) return false;
  while (!ahead_.empty()) {
    if (begins_after_until(behind_)) return false;
    behind_ = std::move(ahead_.front());
    ahead_.pop_front();
    if (barren_.contains(behind_)) continue;
    auto opened = open_rotated(behind_);
    if (opened) {
      bytes_ = std::move(opened).value();
      current_ = false;
      return true;
    }
    // Kept no longer.
    if (opened.error().code != ENOENT) tell(opened.error().what);
  }
  return false;
}

/// The current file was read to its end and has another name now, or none: finds out which.
void LogReader::leave_current() {
  current_ = false;
  const auto rotated = rotated_logs(directory_, service_);
  if (!rotated) return tell(rotated.error().what);
  const auto next = std::find_if(rotated.value().begin(), rotated.value().end(),
                                 [&](const LogFileName& file) { return file.rotated > behind_; });
  if (next != rotated.value().end() && is_ours(next->rotated)) behind_ = next->rotated;
}

bool LogReader::is_ours(const std::string& rotated) const {
  auto opened = open_rotated(rotated);
  if (!opened) return true; // it is gone, ours or not
  return opened.value().is_plain() ? is_one_file(opened.value().fd(), bytes_->fd())
                                   : begin_alike(opened.value(), bytes_->fd());
}

/// At the end of the current file: whether it ends sooner than it did, and there is something to be read.
bool LogReader::was_cut() {
  struct stat info {};
  const off_t at = ::lseek(bytes_->fd(), 0, SEEK_CUR);
  if (at < 0 || ::fstat(bytes_->fd(), &info) != 0 || info.st_size >= at) {
    if (head_.size() < head_size) head_ = head_of(bytes_->fd(), head_size);
    return false;
  }
  // An engine that was killed while it wrote leaves an end that the next one takes back and writes again;
  // what has another beginning too was emptied by somebody.
  const std::string head = head_of(bytes_->fd(), head_.size());
  const bool emptied = head.empty() || !head_.starts_with(head);
  if (emptied) tell(bytes_->path() + " was emptied by somebody; it is read from its beginning again");
  window_.clear();
  head_.clear();
  return ::lseek(bytes_->fd(), emptied ? 0 : info.st_size, SEEK_SET) >= 0;
}

void LogReader::tell(const std::string& what) {
  if (told_.insert(what).second) trouble_(what);
}

} // namespace holdfast::client
