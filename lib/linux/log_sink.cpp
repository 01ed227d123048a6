#include "linux/log_sink.h"

#include "base/no_room.h"
#include "linux/log_plumbing.h"

#include <algorithm>
#include <limits>
#include <system_error>

namespace holdfast::linux_os {
namespace {

constexpr Duration between_complaints = std::chrono::minutes(1);
constexpr Duration between_calls_for_room = std::chrono::seconds(10);
constexpr Duration between_rotations_that_fail = std::chrono::seconds(10);

/// Lines, a part without an end counting as one.
std::uint64_t count_lines(std::string_view raw) {
  const auto ends = static_cast<std::uint64_t>(std::count(raw.begin(), raw.end(), '\n'));
  return raw.ends_with('\n') ? ends : ends + 1;
}

std::string stamp_for(bool timestamps, WallTime wall) {
  return timestamps ? format_utc(wall) + " " : std::string();
}

std::int64_t nanoseconds_of(WallTime time) {
  return Duration(time.time_since_epoch()).count();
}

WallTime wall_of(std::int64_t nanoseconds) {
  return WallTime(Duration(nanoseconds));
}

} // namespace

LogSink::LogSink(Parts parts, std::size_t row, std::string service, const LogRules& rules)
    : parts_(parts), row_(row), service_(std::move(service)), rules_(rules), dropped_(state().dropped) {}

std::size_t LogSink::take_owed(const LogTurn& turn) {
  const LogOwed owed = state().owed;
  if (owed.bytes == 0 || owed.source != turn.source) return 0;
  parts_.ledger.begin({.source = turn.source, .used = owed.bytes, .place = {}, .row = row_, .next = state()});
  parts_.ledger.finish(turn.pipe);
  return owed.bytes - state().owed.bytes;
}

std::size_t LogSink::move(const LogTurn& turn, std::size_t most) {
  // What goes to the journal too must be looked at.
  if (rules_.to_journal) return 0;
  // The end of a pipe wakes too: a run that wrote nothing makes no file.
  if (has_untold() || (!file_ && bytes_waiting_in(turn.pipe) == 0) || !make_ready(turn)) return 0;
  LogState next = state();
  const bool continues = next.open_line == turn.source;
  if (!file_->takes_raw() || (!continues && !file_->at_line_start())) return 0;
  // The line that passes the size has to be looked at: where does it end?
  const std::uint64_t room = rotate_again_ ? most : std::min<std::uint64_t>(most, file_->room());
  if (room == 0) return 0;
  next.open_line = turn.source;
  parts_.ledger.begin_moving(
      {.source = turn.source, .used = 0, .place = file_->place(), .row = row_, .next = next});
  const std::uint64_t moved = file_->take(turn.pipe, room);
  parts_.ledger.finish_moving(moved > 0, !file_->at_line_start());
  return moved;
}

std::optional<std::size_t> LogSink::write(const LogTurn& turn, std::string_view raw) {
  if (auto ready = make_ready(turn); !ready) return refuse(turn, raw, ready.error());
  LogState next = state();
  text_.clear();
  if (has_untold()) add_summary(turn.wall, text_);
  const bool continues = next.open_line == turn.source;
  if (text_.empty() && !continues && !file_->at_line_start()) text_ += '\n';
  const std::string stamp = stamp_for(turn.timestamps, turn.wall);
  const std::size_t used = stamp_lines(raw, rules_for(turn, stamp), text_);
  next.untold = {};
  next.open_line = text_.back() == '\n' ? LogPipeId{} : turn.source;
  parts_.ledger.begin(
      {.source = turn.source, .used = used, .place = file_->place(), .row = row_, .next = next});
  if (auto appended = file_->append(text_); !appended) {
    parts_.ledger.abandon();
    return refuse(turn, raw, appended.error());
  }
  parts_.ledger.finish(turn.pipe);
  if (rules_.to_journal) parts_.journal.take(service_, turn.source, raw.substr(0, used), turn.mono);
  return used;
}

void LogSink::ended(LogPipeId source, MonoTime now) {
  parts_.journal.ended(service_, source, now);
  LogState next = state();
  if (next.open_line != source) return;
  next.open_line = {};
  parts_.ledger.begin({.source = {}, .used = 0, .place = {}, .row = row_, .next = next});
  parts_.ledger.finish(-1);
}

void LogSink::tell(WallTime now) {
  if (!has_untold() || !open_file() || !file_->find_end()) return;
  LogState next = state();
  text_.clear();
  add_summary(now, text_);
  next.untold = {};
  parts_.ledger.begin({.source = {}, .used = 0, .place = file_->place(), .row = row_, .next = next});
  if (file_->append(text_))
    parts_.ledger.finish(-1);
  else
    parts_.ledger.abandon();
}

Status LogSink::open_file() {
  if (file_) return Done{};
  // A line that a predecessor left open goes on, in whatever pieces it comes.
  const LastLine last = state().open_line == LogPipeId{} ? LastLine::torn : LastLine::goes_on;
  auto opened = LogFile::open(parts_.directory_fd, service_, rules_.rotation, last);
  if (!opened) return opened.error();
  file_.emplace(std::move(opened).value());
  return Done{};
}

/// Opens the file where it is not open, rotates it where that is due.
Status LogSink::make_ready(const LogTurn& turn) {
  if (auto opened = open_file(); !opened) return opened;
  if (auto found = file_->find_end(); !found) return found;
  rotate_full(turn.wall, turn.mono);
  return Done{};
}

void LogSink::rotate_where_due(WallTime wall, MonoTime mono) {
  if (file_ && file_->find_end()) rotate_full(wall, mono);
}

void LogSink::reopen(const LogRules& rules) {
  rules_ = rules;
  file_.reset();
}

/// A rotation that fails is no reason to drop.
void LogSink::rotate_full(WallTime wall, MonoTime mono) {
  file_->look_at_clock(wall);
  if (!file_->wants_rotation() || (rotate_again_ && mono < *rotate_again_)) return;
  rotate_again_.reset();
  if (const auto rotated = file_->rotate(wall); !rotated) {
    rotate_again_ = later(mono, between_rotations_that_fail);
    complain(mono, rotated.error().what + "; not rotated");
  } else if (parts_.rotated) {
    parts_.rotated();
  }
}

StampRules LogSink::rules_for(const LogTurn& turn, std::string_view stamp) const {
  constexpr auto unbounded = std::numeric_limits<std::uint64_t>::max();
  return {.stamp = stamp,
          .continues = state().open_line == turn.source,
          .room = rotate_again_ ? unbounded : file_->room(),
          .room_without_newline = rotate_again_ ? unbounded : file_->room_without_newline()};
}

void LogSink::add_summary(WallTime now, std::string& text) const {
  const LogUntold& untold = state().untold;
  if (!file_->at_line_start()) text += '\n';
  text += stamp_for(untold.timestamps != 0, now);
  text += "holdfast: " + std::to_string(untold.lines) + (untold.lines == 1 ? " line was" : " lines were") +
          " dropped between " + format_utc(wall_of(untold.first)) + " and " +
          format_utc(wall_of(untold.last)) + ": " + std::generic_category().message(untold.code) + "\n";
}

std::optional<std::size_t> LogSink::refuse(const LogTurn& turn, std::string_view raw, const Error& error) {
  ask_for_room(turn.mono, error);
  if (rules_.when_full == LogWhenFull::drop || turn.is_last) return drop(turn, raw, error);
  complain(turn.mono, error.what + "; its lines wait (logging.when_full: block)");
  return std::nullopt;
}

std::size_t LogSink::drop(const LogTurn& turn, std::string_view raw, const Error& error) {
  const std::uint64_t lines = count_lines(raw);
  LogState next = state();
  if (next.untold.lines == 0) next.untold.first = nanoseconds_of(turn.wall);
  next.untold.last = nanoseconds_of(turn.wall);
  next.untold.lines += lines;
  next.untold.code = error.code;
  next.untold.timestamps = turn.timestamps ? 1 : 0;
  next.dropped += lines;
  next.open_line = {}; // what comes next does not belong to what the file ends in
  parts_.ledger.begin({.source = turn.source, .used = raw.size(), .place = {}, .row = row_, .next = next});
  parts_.ledger.finish(turn.pipe);
  dropped_.store(next.dropped, std::memory_order_relaxed);
  complain(turn.mono, error.what + "; " + std::to_string(next.untold.lines) +
                          (next.untold.lines == 1 ? " line dropped" : " lines dropped"));
  return raw.size();
}

void LogSink::ask_for_room(MonoTime now, const Error& error) {
  if (!is_no_room(error) || !parts_.full) return;
  if (asked_for_room_ && now < later(*asked_for_room_, between_calls_for_room)) return;
  asked_for_room_ = now;
  parts_.full();
}

void LogSink::complain(MonoTime now, std::string what) {
  if (complained_ && now < later(*complained_, between_complaints)) return;
  complained_ = now;
  parts_.trouble(std::move(what));
}

} // namespace holdfast::linux_os
