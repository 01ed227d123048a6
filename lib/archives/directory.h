#pragma once
// The log directory as what tidies it sees it: through a descriptor that is held, so that another directory
// or a link in its place changes nothing, and without following any link. What is named like a file of ours
// and is none (a link, a FIFO, somebody else's, one with a second name) is seen and left alone.

#include "base/fd.h"
#include "base/result.h"
#include "wire/log_name.h"

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::archives {

struct Entry {
  wire::LogName name;
  std::uint64_t bytes = 0;
};

struct Listing {
  std::vector<Entry> archives; ///< in the order of their names
  std::vector<wire::LogName> unfinished;
  std::vector<std::string> strangers; ///< names like ours
};

class Directory {
public:
  /// `fd` is borrowed.
  explicit Directory(int fd) : fd_(fd) {}

  /// Names that are not exactly those of files that were put aside are passed over.
  [[nodiscard]] Result<Listing> list() const;

  [[nodiscard]] Result<Fd> open(const wire::LogName& name) const;
  /// New, empty, 0640, with the directory's group.
  [[nodiscard]] Result<Fd> create(const wire::LogName& name) const;
  /// Whether the name is still that of the file, which is a plain one of ours with that name alone, of that
  /// size and untouched since.
  struct Seen {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t bytes = 0;
    std::int64_t seconds = 0; ///< of the last change of the content
    std::int64_t nanoseconds = 0;
    bool operator==(const Seen&) const = default;
  };
  [[nodiscard]] static Result<Seen> see(int file);
  [[nodiscard]] Result<Seen> see(const wire::LogName& name) const;

  /// Never in the place of another file: EEXIST.
  [[nodiscard]] Status rename(const wire::LogName& from, const wire::LogName& to) const;
  [[nodiscard]] Status remove(const wire::LogName& name) const;
  /// Of the file system that it is on, in bytes, for who is not root, as df(1) counts.
  struct Space {
    std::uint64_t free = 0;
    std::uint64_t all = 0; ///< 0: it does not say
  };
  [[nodiscard]] Result<Space> space() const;

  /// What was renamed and removed is so after a crash of the machine too.
  [[nodiscard]] Status sync() const;

private:
  int fd_;
};

} // namespace holdfast::archives
