#pragma once
// Log files that were put aside are compressed, and those removed that are not to be kept.
//
// At any moment, and after a crash at any instruction, each file is there whole, under its plain name or its
// compressed one: the compressed file is made under a name that nobody reads, synced, and renamed; then the
// plain one goes. In between both are there, and a reader takes the plain one. What a crash left is dealt
// with first: what is unfinished goes, and of two the plain one where the other is whole and the same.

#include "archives/choice.h"
#include "archives/compression.h"
#include "archives/directory.h"
#include "wire/archives.h"

#include <functional>
#include <set>
#include <string>

namespace holdfast::archives {

class Tidier {
public:
  using Tell = std::function<void(const wire::ArchiveTidings&)>;

  /// `directory`: a descriptor, borrowed. `tell` hears of what was removed and of what cannot be done, and at
  /// least once a second while something comes of it.
  Tidier(int directory, wire::ArchiveOrders orders, Tell tell);

  /// Until there is nothing left to do; what was put aside meanwhile is part of that. An error: nothing can
  /// be done.
  [[nodiscard]] Status run();

private:
  [[nodiscard]] Status look();
  void clear_unfinished();
  void settle_twins();
  /// The name of the one that goes.
  [[nodiscard]] Result<wire::LogName> settle(const wire::LogName& plain,
                                             const wire::LogName& compressed) const;
  [[nodiscard]] const Entry* next_to_compress() const;
  void compress(const wire::LogName& plain);
  [[nodiscard]] Status compress_into(const wire::LogName& temporary, const Fd& from);
  /// The compressed file takes the place of the one that it was made of, which was `before` then.
  [[nodiscard]] Status replace(const wire::LogName& plain, const Directory::Seen& before,
                               const wire::LogName& temporary) const;
  void remove_surplus(const wire::KeepLimits& keep);
  [[nodiscard]] std::uint64_t missing_bytes(std::uint64_t percent);
  void tell_of_short_disk();
  void keep_up();
  void trouble(const std::string& what);
  void get_on() const;

  const Directory directory_;
  const wire::ArchiveOrders orders_;
  const Tell tell_;
  Listing listing_;
  MonoTime looked_{};
  std::set<std::string> tried_; ///< to compress; whatever came of it
  bool no_room_ = false;
  std::set<std::string> troubles_;
  mutable MonoTime told_{}; ///< a sign of life
};

} // namespace holdfast::archives
