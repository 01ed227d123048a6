#pragma once
// Memory of a test's own, that ends its writer before any of its stores and outlives it.

#include "linux/memory_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::test {

/// Thrown where the writer is killed.
struct Killed {};

/// What is there after the writer's end.
struct MemoryBytes {
  std::string bytes{};
  std::uint64_t stores = 0; ///< that were made
  std::uint64_t most_stores = std::numeric_limits<std::uint64_t>::max();
  std::size_t most_bytes = std::numeric_limits<std::size_t>::max();
  bool backwards = false; ///< copies go from their end to their beginning
};

class FragileMemory : public linux_os::SharedMemory {
public:
  explicit FragileMemory(MemoryBytes& memory) : memory_(memory) {}

  [[nodiscard]] std::string_view bytes() const override { return memory_.bytes; }
  [[nodiscard]] Status grow(std::size_t size) override {
    if (size > memory_.most_bytes) return system_error("grow", ENOSPC);
    store();
    memory_.bytes.resize(std::max(size, memory_.bytes.size()), '\0');
    return Done{};
  }
  void copy(std::size_t at, std::string_view bytes) override {
    constexpr std::size_t piece = 61;
    const std::size_t pieces = (bytes.size() + piece - 1) / piece;
    for (std::size_t i = 0; i < pieces; ++i) {
      store();
      const std::size_t from = piece * (memory_.backwards ? pieces - 1 - i : i);
      bytes.substr(from, piece).copy(memory_.bytes.data() + at + from, piece);
    }
  }
  void set(std::size_t at, std::uint64_t value) override {
    store();
    std::memcpy(memory_.bytes.data() + at, &value, sizeof value);
  }
  [[nodiscard]] int fd() const override { return -1; }

private:
  void store() {
    if (memory_.stores == memory_.most_stores) throw Killed{};
    ++memory_.stores;
  }

  MemoryBytes& memory_;
};

[[nodiscard]] inline std::unique_ptr<linux_os::SharedMemory> fragile(MemoryBytes& memory) {
  return std::make_unique<FragileMemory>(memory);
}

/// Runs `act` on copies of the memory, killed before its first store, before its second, and so on, and at
/// last not at all. `check` gets what each time is left, and whether `act` came to its end.
template <typename Act, typename Check>
void kill_at_each_store(const MemoryBytes& before, Act act, Check check) {
  for (std::uint64_t stores = 0;; ++stores) {
    MemoryBytes memory = before;
    memory.stores = 0;
    memory.most_stores = stores;
    bool is_done = true;
    try {
      act(memory);
    } catch (const Killed&) {
      is_done = false;
    }
    memory.most_stores = std::numeric_limits<std::uint64_t>::max();
    check(memory, is_done);
    if (is_done) return;
  }
}

} // namespace holdfast::test
