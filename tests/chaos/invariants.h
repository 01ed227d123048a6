#pragma once
// What must be true of a stack whatever happens to its engine.

#include "chaos/chaos_stack.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace holdfast::test {

/// How often each service was ended because somebody asked for it.
using Asked = std::map<std::string, std::uint64_t>;

class Invariants {
public:
  /// `mortal`: services that may end by themselves.
  Invariants(const ChaosStack& stack, std::set<std::string> mortal);

  /// What can be looked at while everything moves. Throws what is not as it must be.
  void look();
  /// And what is true only when nothing moves: services that end by themselves are kept from it meanwhile.
  void look_when_quiet(const Asked& asked);
  /// The events that came since the last call follow one another without a gap.
  void follow_events(const std::vector<StackEvent>& all);

  /// Run numbers that no process ever had: the engine died between its decision and the birth.
  [[nodiscard]] std::uint64_t unborn() const { return unborn_; }

private:
  struct Process {
    std::int64_t pid = 0;
    std::uint64_t start = 0;
  };

  void look_at(const wire::ServiceStatus& service);
  void look_at_leaves(const std::string& service) const;
  [[nodiscard]] wire::StatusView status_in_calm() const;
  void look_at_runs(const wire::ServiceStatus& service, std::uint64_t asked);
  void look_at_descriptors();
  void look_at_door(const wire::StatusView& view) const;

  const ChaosStack& stack_;
  std::set<std::string> mortal_;
  std::map<std::string, std::map<std::uint64_t, Process>> seen_; ///< by service and run
  std::map<std::string, std::string> phase_told_;
  std::uint64_t sequence_told_ = 0;
  std::size_t events_read_ = 0;
  std::size_t most_descriptors_ = 0; ///< 0: not known yet
  std::uint64_t unborn_ = 0;
};

} // namespace holdfast::test
