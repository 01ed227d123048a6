#pragma once
// What somebody outside saw of a site, answer by answer.

#include "base/fd.h"
#include "support/program.h"

#include <memory>
#include <string>
#include <vector>

namespace holdfast::test {

struct Sight {
  double at = 0;      ///< when it was sent, by CLOCK_MONOTONIC, in seconds
  double took = 0;    ///< seconds
  std::string what;   ///< "GET /api/records"
  int status = 0;     ///< 0: there was no answer, see `error`
  bool retry = false; ///< it says when to come again
  std::string error;
};

/// CLOCK_MONOTONIC, in seconds.
[[nodiscard]] double monotonic_seconds();

/// tests/stack/outsider beside the test, from construction to finish().
class Outsider {
public:
  struct Options {
    std::string site;
    std::string ca;
    std::string token_file;         ///< empty: it makes no drafts
    std::vector<std::string> paths; ///< asked again and again, each in a thread of its own
  };
  Outsider(const Options& options, const std::string& output);

  /// Waits for the requests under way, and tells of all in the order in which they ended.
  [[nodiscard]] std::vector<Sight> finish();
  /// Those that have ended up to now.
  [[nodiscard]] std::vector<Sight> so_far() const;

private:
  std::string output_;
  Fd file_;
  std::unique_ptr<Child> program_;
};

/// What a door that works lets nobody see: an answer of the 5xx that is no 503 with Retry-After, a hang, a
/// connection that breaks. Of requests that were sent before `from` nothing is said, nor of refused
/// connections where `refused` is allowed. One line each; empty when all is well.
[[nodiscard]] std::string not_allowed(const std::vector<Sight>& sights, double from, bool refused = false);

/// "GET / 200 x 31, 503 x 4", a line for each kind of request.
[[nodiscard]] std::string summary(const std::vector<Sight>& sights);

} // namespace holdfast::test
