#pragma once
// The state of the stack where it outlives this engine: a memory that the anchor holds. It has parts: the
// spec in force, the state of the stack, that of each service, and facts of the engine's own. A step writes
// only the parts that it changed, and an engine that is killed at any instruction leaves exactly the last
// step that was saved, whole.
//
//   head       magic, layout and format, the number of the last whole step
//   directory  for each part where its two slots are and how large they are
//   slots      the number of the step that wrote it, length, checksum, the part's bytes
//
// A part is written into that of its slots which does not have the present state; when all parts of a step
// are written its number is stored in the head, one store, and with it the step is there. A slot with a
// higher number than the head's is of a step that was never whole. A part that outgrows a slot gets a larger
// one at the end of the memory, before anything of the step is written.

#include "base/fd.h"
#include "base/result.h"
#include "linux/memory_file.h"
#include "model/saved_parts.h"
#include "model/stack.h"
#include "wire/last_stop.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::engine {

class StateMemory {
public:
  /// A stack with more is refused before it gets here.
  static constexpr std::size_t most_services = wire::last_stop_rows;

  /// An empty one, in a memory of its own or in one that is all zeros.
  [[nodiscard]] static Result<StateMemory> make();
  [[nodiscard]] static Result<StateMemory> make(std::unique_ptr<linux_os::SharedMemory> memory);
  /// That of an earlier engine. Refused: what is none, or is laid out as this build does not know.
  [[nodiscard]] static Result<StateMemory> open(Fd memory);
  [[nodiscard]] static Result<StateMemory> open(std::unique_ptr<linux_os::SharedMemory> memory);

  /// Borrowed: what the anchor is to hold.
  [[nodiscard]] int fd() const { return memory_->fd(); }

  struct Loaded {
    model::Stack stack;
    std::string facts; ///< as set_facts() had them with that step
  };
  /// What was saved last. Whatever the bytes are: either refused, in words that say why, or a stack that
  /// step() may go on with; never a mixture of two steps.
  [[nodiscard]] Result<Loaded> load();

  /// The engine's own facts, written with the next step that is saved: both are there, or neither.
  void set_facts(std::string facts);

  /// Saves a step, to be called before its actions are carried out. `changed`: all that may differ from what
  /// was saved last; the first time, everything is written whatever it says. An error leaves what was saved
  /// before, and everything is written the next time. Refused where the memory was neither made here nor
  /// loaded, and where it is of another format than this build's: a new one is to be made then, and the old
  /// one stays as it is.
  [[nodiscard]] Status save(const model::Stack& stack, const model::Changed& changed);

private:
  /// What is known of a part without looking at the memory.
  struct Part {
    std::array<std::uint64_t, 2> places{}; ///< as the directory has them; 0: none
    std::size_t present = 0;               ///< which slot has what was saved last
  };
  /// One part of the step under way, within `bytes_`.
  struct Change {
    std::uint32_t part = 0;
    std::size_t at = 0;
    std::size_t size = 0;
  };

  explicit StateMemory(std::unique_ptr<linux_os::SharedMemory> memory);

  [[nodiscard]] Status read_head();
  [[nodiscard]] Status read_directory();
  /// What was saved of it last, within the memory; nothing where it never was.
  [[nodiscard]] Result<std::optional<std::string_view>> read_part(std::uint32_t part);

  /// Fills `changes_`.
  void collect(const model::Stack& stack, const model::Changed& changed, bool all);
  /// Larger slots for what does not fit; an error changes nothing.
  [[nodiscard]] Status make_room();
  /// Bytes that this change needs behind the last slot.
  [[nodiscard]] std::size_t missing_in(const Change& change) const;
  void place_anew(const Change& change);
  [[nodiscard]] static std::size_t slot_size(const Change& change);
  void write(const Change& change, std::uint64_t step);

  std::unique_ptr<linux_os::SharedMemory> memory_;
  std::uint32_t format_ = 0;
  std::uint64_t step_ = 0; ///< the last whole one
  std::size_t end_ = 0;    ///< behind the last slot
  std::vector<Part> parts_;
  std::size_t services_ = 0; ///< that were saved
  bool may_save_ = false;
  bool all_ = false; ///< the next step is saved with everything
  std::string facts_;
  bool new_facts_ = false;
  model::PartWriter bytes_;
  std::vector<Change> changes_;
};

} // namespace holdfast::engine
