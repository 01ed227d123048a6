#pragma once
// Whether the lines of a service's log are those that its runs wrote: each once, whole, in order. Pure.

#include "chaos/run_record.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::test {

struct LineCounts {
  std::uint64_t whole = 0;
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t torn = 0;    ///< pieces that cannot be put together, and what nobody wrote
  std::uint64_t split = 0;   ///< lines whose pieces are all there, with lines of another run between them
  std::uint64_t dropped = 0; ///< what the log itself says that it lacks
  std::string trouble;       ///< the first of it, in words

  /// Empty where each line is there exactly once.
  [[nodiscard]] std::string failure() const;
};

class LineAudit {
public:
  explicit LineAudit(std::string service) : service_(std::move(service)) {}

  /// The next line of the log, without its time and its newline.
  void take(std::string_view line);
  /// Nothing more comes: compares with what the runs say that they wrote. A run that was killed may have
  /// written more than it noted, and its last line may be cut.
  [[nodiscard]] LineCounts end(const std::vector<KnownRun>& runs);
  [[nodiscard]] const LineCounts& counts() const { return counts_; }

private:
  struct Name {
    std::uint64_t run = 0;
    std::uint64_t number = 0;
  };
  struct Reading {
    std::uint64_t next = 1; ///< the number of the first line that is not complete yet
    std::size_t open = 0;   ///< so many bytes of it are there
    bool may_end = false;   ///< the line before it may have been cut just before its newline
  };

  [[nodiscard]] std::optional<Name> name_of(std::string_view line) const;
  [[nodiscard]] const std::string& line_of(std::uint64_t run, std::uint64_t number);
  void take_named(std::string_view line, const Name& name);
  [[nodiscard]] bool take_rest(std::string_view piece);
  [[nodiscard]] bool take_newline(std::string_view piece);
  [[nodiscard]] bool take_start_without_name(std::string_view piece);
  [[nodiscard]] bool take_own_words(std::string_view line);
  void complete(std::uint64_t run, std::uint64_t number);
  void tell(const std::string& what);

  std::string service_;
  std::map<std::uint64_t, Reading> runs_;
  std::uint64_t present_ = 0; ///< whose line was taken last
  std::string expected_;      ///< kept for its memory
  LineCounts counts_;
};

} // namespace holdfast::test
