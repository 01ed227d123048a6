#pragma once
// `holdfast events -f --json`, followed: what the daemon says that it did, in order.

#include "base/fd.h"
#include "support/program.h"

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace holdfast::test {

struct StackEvent {
  std::string service; ///< empty: the stack's verdict
  std::uint64_t run = 0;
  std::string from;
  std::string to;
  std::string why;
  nlohmann::json raw;
};

class Events {
public:
  /// `errors`: where the command's own complaints go, such as that the daemon has ended.
  Events(const std::string& config, int errors);

  /// The next event of `service` ("" for the verdict) with this new phase, after those that an earlier call
  /// returned for the same service. Throws, telling what came instead, when there is none in time.
  StackEvent wait_for(const std::string& service, const std::string& to, Milliseconds within = 60s);
  /// What happens to `service` in this time, after what was waited for.
  [[nodiscard]] std::vector<StackEvent> during(const std::string& service, Milliseconds time);

  /// Reads what is there and waits for nothing. False when the stream has ended.
  bool read_available();
  /// All that was read up to now.
  [[nodiscard]] const std::vector<StackEvent>& all() const { return all_; }
  /// The place in all() of the first event of `service` with this new phase; throws where there is none.
  [[nodiscard]] std::size_t place_of(const std::string& service, const std::string& to) const;
  /// One event a line, for the words of a failure.
  [[nodiscard]] std::string words() const;
  /// Reads on until the daemon has closed the stream.
  void read_to_end(Milliseconds within);

private:
  enum class Read : std::uint8_t { more, nothing, end };
  Read read(const Deadline& deadline);

  Fd pipe_;
  std::unique_ptr<Child> follower_;
  std::string rest_; ///< of a line that is not complete
  std::vector<StackEvent> all_;
  std::map<std::string, std::size_t> looked_at_; ///< place in all_ after the last event that a wait returned
};

} // namespace holdfast::test
