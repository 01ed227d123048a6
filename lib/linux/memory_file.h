#pragma once
// Memory that outlives the process that writes it: there as long as somebody holds its descriptor.
//
// The writer may be killed between any two instructions. What it has stored until then is there, in the order
// in which it was stored, and nothing of what it had not; so a reader after its death finds the beginning of
// a sequence of stores, however long. That is all that is promised, and the formats built on it
// (engine/state_memory.h, engine/event_ring.h) need no more. A power cut leaves nothing.

#include "base/fd.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace holdfast::linux_os {

/// The bytes, and the only ways to change them. A test stands in for the kernel here and ends the writer
/// after any store.
class SharedMemory {
public:
  SharedMemory() = default;
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  virtual ~SharedMemory() = default;

  /// Good until grow().
  [[nodiscard]] virtual std::string_view bytes() const = 0;
  /// Longer, by zeros; no shorter than it is. An error changes nothing: no room is left, or a limit is
  /// reached. What it succeeds for is really there, so that no store fails later.
  [[nodiscard]] virtual Status grow(std::size_t size) = 0;
  /// Stores `bytes` in any order and piece by piece. Precondition: within the size.
  virtual void copy(std::size_t at, std::string_view bytes) = 0;
  /// Stores at once and whole, after all stores before it. Precondition: within the size, a multiple of 8.
  virtual void set(std::size_t at, std::uint64_t value) = 0;
  /// Borrowed; what is sent to whoever is to hold it. -1: there is none.
  [[nodiscard]] virtual int fd() const = 0;

  /// What set() stored there. Precondition: as there.
  [[nodiscard]] std::uint64_t at(std::size_t at) const;
};

/// New memory, all zeros; `name` is what /proc shows of it.
[[nodiscard]] Result<std::unique_ptr<SharedMemory>> make_memory_file(const char* name, std::size_t size);
/// What `fd` has now, as new memory; `fd` is borrowed. What is stored there meanwhile may be in it in part.
[[nodiscard]] Result<Fd> copy_memory_file(const char* name, int fd);
/// Memory that an earlier process made.
[[nodiscard]] Result<std::unique_ptr<SharedMemory>> map_memory_file(Fd fd);

} // namespace holdfast::linux_os
