#include "linux/log_sink.h"

#include <algorithm>
#include <limits>
#include <system_error>

namespace holdfast::linux_os {
namespace {

constexpr Duration between_complaints = std::chrono::minutes(1);
constexpr Duration between_rotations_that_fail = std::chrono::seconds(10);

/// Lines, a part without an end counting as one.
std::uint64_t count_lines(std::string_view raw) {
  const auto ends = static_cast<std::uint64_t>(std::count(raw.begin(), raw.end(), '\n'));
  return raw.ends_with('\n') ? ends : ends + 1;
}

std::string stamp_for(bool timestamps, WallTime wall) {
  return timestamps ? format_utc(wall) + " " : std::string();
}

} // namespace

LogSink::LogSink(int directory_fd, std::string service, std::uint64_t rotate_size, const Trouble& trouble)
    : directory_fd_(directory_fd), service_(std::move(service)), rotate_size_(rotate_size),
      trouble_(trouble) {}

std::size_t LogSink::write(const LogChunk& chunk) {
  if (auto ready = make_ready(chunk); !ready) {
    drop(chunk, ready.error());
    return chunk.raw.size();
  }
  text_.clear();
  if (has_untold()) add_summary(chunk.wall, text_);
  const bool continues = open_line_ == chunk.source;
  if (text_.empty() && !continues && !file_->at_line_start()) text_ += '\n';
  const std::string stamp = stamp_for(chunk.timestamps, chunk.wall);
  const std::size_t used = stamp_lines(chunk.raw, rules_for(chunk, stamp), text_);
  if (auto appended = file_->append(text_); !appended) {
    drop(chunk, appended.error());
    return chunk.raw.size();
  }
  untold_ = {};
  open_line_ = text_.back() == '\n' ? 0 : chunk.source;
  return used;
}

void LogSink::tell(WallTime now) {
  if (!has_untold()) return;
  if (!file_) {
    auto opened = LogFile::open(directory_fd_, service_, rotate_size_);
    if (!opened) return;
    file_.emplace(std::move(opened).value());
  }
  text_.clear();
  add_summary(now, text_);
  if (file_->append(text_)) untold_ = {};
}

/// Opens the file where it is not open, rotates it where that is due. A rotation that fails is no reason to
/// drop.
Status LogSink::make_ready(const LogChunk& chunk) {
  if (!file_) {
    auto opened = LogFile::open(directory_fd_, service_, rotate_size_);
    if (!opened) return opened.error();
    file_.emplace(std::move(opened).value());
  }
  file_->rotate_at(rotate_size_.load(std::memory_order_relaxed));
  if (!file_->wants_rotation() || (rotate_again_ && chunk.mono < *rotate_again_)) return Done{};
  rotate_again_.reset();
  if (const auto rotated = file_->rotate(chunk.wall); !rotated) {
    rotate_again_ = later(chunk.mono, between_rotations_that_fail);
    complain(chunk.mono, rotated.error().what + "; not rotated");
  }
  return Done{};
}

StampRules LogSink::rules_for(const LogChunk& chunk, std::string_view stamp) const {
  constexpr auto unbounded = std::numeric_limits<std::uint64_t>::max();
  return {.stamp = stamp,
          .continues = open_line_ == chunk.source,
          .room = rotate_again_ ? unbounded : file_->room(),
          .room_without_newline = rotate_again_ ? unbounded : file_->room_without_newline()};
}

void LogSink::add_summary(WallTime now, std::string& text) const {
  if (!file_->at_line_start()) text += '\n';
  text += stamp_for(untold_.timestamps, now);
  text += "holdfast: " + std::to_string(untold_.lines) + (untold_.lines == 1 ? " line was" : " lines were") +
          " dropped between " + format_utc(untold_.first) + " and " + format_utc(untold_.last) + ": " +
          std::generic_category().message(untold_.code) + "\n";
}

void LogSink::drop(const LogChunk& chunk, const Error& error) {
  const std::uint64_t lines = count_lines(chunk.raw);
  if (!has_untold()) untold_.first = chunk.wall;
  untold_.last = chunk.wall;
  untold_.lines += lines;
  untold_.code = error.code;
  untold_.timestamps = chunk.timestamps;
  dropped_.fetch_add(lines, std::memory_order_relaxed);
  open_line_ = 0; // what comes next does not belong to what the file ends in
  complain(chunk.mono, error.what + "; " + std::to_string(untold_.lines) +
                           (untold_.lines == 1 ? " line dropped" : " lines dropped"));
}

void LogSink::complain(MonoTime now, std::string what) {
  if (complained_ && now < later(*complained_, between_complaints)) return;
  complained_ = now;
  trouble_(std::move(what));
}

} // namespace holdfast::linux_os
