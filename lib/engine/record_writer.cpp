#include "engine/record_writer.h"

#include <algorithm>
#include <utility>

namespace holdfast::engine {

RecordWriter::RecordWriter(Options options)
    : ring_(std::move(options.ring)), trouble_(std::move(options.trouble)),
      most_waiting_(options.most_waiting), thread_([this] { run(); }) {}

RecordWriter::~RecordWriter() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  work_.notify_one();
  thread_.join();
}

bool RecordWriter::has_room() const {
  const std::lock_guard lock(mutex_);
  return waiting_ <= most_waiting_ / 2;
}

void RecordWriter::begin(std::string head) {
  {
    const std::lock_guard lock(mutex_);
    waiting_ += head.size();
    pieces_.push_back({.begins = true, .bytes = std::move(head), .entries = 0});
    broken_ = false;
  }
  work_.notify_one();
}

RecordWriter::Added RecordWriter::add(std::string_view entry) {
  bool idle = false;
  {
    const std::lock_guard lock(mutex_);
    if (broken_) return Added::broken;
    if (waiting_ + entry.size() > most_waiting_) return Added::full;
    idle = pieces_.empty();
    if (idle) pieces_.emplace_back();
    waiting_ += entry.size();
    pieces_.back().bytes += entry;
    ++pieces_.back().entries;
  }
  if (idle) work_.notify_one();
  return Added::yes;
}

bool RecordWriter::drain(Duration within) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, within, [this] { return pieces_.empty() && !writing_; });
}

std::uint64_t RecordWriter::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

void RecordWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return ends_ || !pieces_.empty(); });
    if (pieces_.empty()) return;
    Piece piece = std::move(pieces_.front());
    pieces_.pop_front();
    // Only now is there room again: what is being written counts as waiting.
    const std::size_t size = piece.bytes.size();
    writing_ = true;
    lock.unlock();
    write(std::move(piece));
    lock.lock();
    writing_ = false;
    waiting_ -= size;
    if (pieces_.empty()) idle_.notify_all();
  }
}

void RecordWriter::write(Piece piece) {
  if (piece.begins || in_file_) {
    const Status written = piece.begins ? ring_.begin(piece.bytes) : ring_.append(piece.bytes);
    in_file_ = written.ok();
    tell(written);
  }
  if (in_file_) return;
  const std::lock_guard lock(mutex_);
  lost_ += piece.entries;
  // One that was begun meanwhile has a chance of its own.
  broken_ = std::none_of(pieces_.begin(), pieces_.end(), [](const Piece& next) { return next.begins; });
}

void RecordWriter::tell(const Status& written) {
  const std::string what = written ? std::string() : written.error().what;
  if (!what.empty() && what != told_) trouble_("the record of events: " + what);
  told_ = what;
}

} // namespace holdfast::engine
