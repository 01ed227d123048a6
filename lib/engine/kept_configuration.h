#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "config/kept_files.h"

#include <cstdint>
#include <utility>

namespace holdfast::engine {

/// The accepted configuration in a memory that outlives the engine (a memfd that the anchor holds), so that
/// the next one goes on with it and not with what is on the disk by then.
///
/// There is room for two, each with a number that is never used again: one is in force, and the next is
/// written beside it. Whenever this process dies, the one in force is whole. A reload prepares the next one
/// before the model hears of it and puts it in force when the model's state is saved; a death in between
/// leaves both, and the saved state tells which of them it belongs to.
class KeptConfiguration {
public:
  /// `files` are in force.
  [[nodiscard]] static Result<KeptConfiguration> make(const config::KeptFiles& files);
  /// One that was made by an earlier engine. Refused: what is something else, or of another format.
  [[nodiscard]] static Result<KeptConfiguration> open(Fd memory);

  KeptConfiguration(KeptConfiguration&& other) noexcept;
  KeptConfiguration& operator=(KeptConfiguration&& other) noexcept;
  KeptConfiguration(const KeptConfiguration&) = delete;
  KeptConfiguration& operator=(const KeptConfiguration&) = delete;
  ~KeptConfiguration();

  /// For the anchor to hold.
  [[nodiscard]] int memory() const { return memory_.get(); }

  /// Writes it beside the one in force, in place of what was prepared before, and returns its number.
  /// Refused where there is no memory for it; the one in force stays as it is.
  [[nodiscard]] Result<std::uint64_t> prepare(const config::KeptFiles& files);
  /// From now on. Precondition: it was prepared last. Cannot fail, and is one store.
  void put_in_force(std::uint64_t number);

  [[nodiscard]] std::uint64_t in_force() const;
  /// The number of the one that is whole and not in force; 0: there is none.
  [[nodiscard]] std::uint64_t prepared() const;
  [[nodiscard]] Result<config::KeptFiles> read(std::uint64_t number) const;

private:
  struct Head;
  struct Place;

  KeptConfiguration(Fd memory, Head* head) : memory_(std::move(memory)), head_(head) {}
  [[nodiscard]] static Result<Head*> map(int memory);
  [[nodiscard]] const Place* place_of(std::uint64_t number) const;

  Fd memory_;
  Head* head_ = nullptr; ///< mapped
};

} // namespace holdfast::engine
