#pragma once
// The last events where they outlive this engine: a memory that the anchor holds, with the numbers that the
// next engine goes on from. Records lie one behind the other in a ring; where the oldest begins and where the
// newest ends are one store each. An engine that is killed at any instruction leaves whole records with
// numbers that have no gap.

#include "base/fd.h"
#include "base/result.h"
#include "engine/control_port.h"
#include "linux/memory_file.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

namespace holdfast::engine {

class EventRing {
public:
  /// Bytes for records: room for as many as EventLog keeps, of 256 bytes each. Of longer ones an engine finds
  /// fewer.
  static constexpr std::size_t usual_size = 1U << 20;
  /// Of one record, encoded.
  static constexpr std::size_t longest_record = usual_size / 16;

  /// An empty one. `last`: the number of the last event before its first.
  [[nodiscard]] static Result<EventRing> make(std::uint64_t last = 0);
  [[nodiscard]] static Result<EventRing> make(std::unique_ptr<linux_os::SharedMemory> memory,
                                              std::uint64_t last);
  /// That of an earlier engine. Refused, in words that say why: what is none, of a layout that this build
  /// does not know, or damaged.
  [[nodiscard]] static Result<EventRing> open(Fd memory);
  [[nodiscard]] static Result<EventRing> open(std::unique_ptr<linux_os::SharedMemory> memory);

  /// The same in a memory of its own.
  [[nodiscard]] Result<EventRing> copy() const;

  /// Borrowed: what the anchor is to hold.
  [[nodiscard]] int fd() const { return memory_->fd(); }

  /// Appends; the oldest go where there is no room. Precondition: its number is last() + 1, and it is no
  /// longer than longest_record.
  void add(const EventRecord& record);
  /// Takes back the newest records, all with higher numbers: those of a step that was not saved.
  void take_back_after(std::uint64_t sequence);
  /// The number of the newest record, or of the last one before the ring was made.
  [[nodiscard]] std::uint64_t last() const { return last_; }
  /// What is there, oldest first.
  [[nodiscard]] std::deque<EventRecord> records() const;

  /// The number of the last event that was told: in the daemon's log, and to whoever listens.
  [[nodiscard]] std::uint64_t told() const;
  void set_told(std::uint64_t sequence);
  /// How far they are written down.
  [[nodiscard]] FiledEvents filed() const;
  void set_filed(const FiledEvents& filed);

private:
  explicit EventRing(std::unique_ptr<linux_os::SharedMemory> memory);

  [[nodiscard]] Status read_head();
  /// Walks over all records; last_ is known then.
  [[nodiscard]] Status read();
  /// A checked word of the head.
  [[nodiscard]] std::uint64_t get(std::size_t at) const;
  void set(std::size_t at, std::uint64_t value);

  std::unique_ptr<linux_os::SharedMemory> memory_;
  std::size_t size_ = 0;    ///< of the part that holds records
  std::uint64_t begin_ = 0; ///< of the oldest record; counts all bytes that were ever written
  std::uint64_t end_ = 0;   ///< of the newest
  std::uint64_t last_ = 0;
};

} // namespace holdfast::engine
