#pragma once

#include "base/time.h"
#include "linux/file_ring.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace holdfast::engine {

/// A thread that writes segments into files, and the bounded queue before it. All calls come from one other
/// thread, and none waits for the disk but drain() and the destructor.
class RecordWriter {
public:
  struct Options {
    linux_os::FileRing::Options ring;
    std::size_t most_waiting = 0; ///< bytes
    std::function<void(std::string)> trouble;
  };
  explicit RecordWriter(Options options);
  /// Writes what waits, however long it takes: a disk that may stand still is for drain() and an exit.
  ~RecordWriter();
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  /// Whether so little waits that a new segment makes sense.
  [[nodiscard]] bool has_room() const;
  void begin(std::string head);
  enum class Added : std::uint8_t {
    yes,
    full,  ///< there is no room for it
    broken ///< the segment could not be written; what is added to it is lost
  };
  [[nodiscard]] Added add(std::string_view entry);

  bool drain(Duration within);
  /// Entries that were added and not written.
  [[nodiscard]] std::uint64_t lost() const;

private:
  /// What goes into one file, as much of it as waits.
  struct Piece {
    bool begins = false;
    std::string bytes;
    std::uint64_t entries = 0;
  };

  void run();
  void write(Piece piece);
  void tell(const Status& written);

  // The writer's alone.
  linux_os::FileRing ring_;
  std::function<void(std::string)> trouble_;
  bool in_file_ = false;
  std::string told_;

  const std::size_t most_waiting_;
  mutable std::mutex mutex_; ///< for what follows
  std::condition_variable work_;
  std::condition_variable idle_;
  std::deque<Piece> pieces_;
  std::size_t waiting_ = 0; ///< bytes in pieces_
  bool writing_ = false;
  bool broken_ = false; ///< the segment that was begun last could not be written
  bool ends_ = false;
  std::uint64_t lost_ = 0;

  std::thread thread_;
};

} // namespace holdfast::engine
