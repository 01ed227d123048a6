#pragma once
// Kills at random times, with the stack busy, commands in flight and a client at its socket.

#include "chaos/busy_services.h"
#include "chaos/commander.h"
#include "chaos/installation.h"
#include "chaos/invariants.h"
#include "chaos/log_follower.h"
#include "chaos/visitor.h"

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace holdfast::test {

struct CampaignCounts {
  std::uint64_t engines = 0;   ///< killed
  std::uint64_t adopting = 0;  ///< of them: before they were adopted
  std::uint64_t observers = 0; ///< killed
  std::uint64_t upgrades = 0;
  std::uint64_t deeds = 0;
  std::uint64_t visits = 0;
  std::uint64_t unborn = 0; ///< run numbers that no process ever had
  std::uint64_t lines = 0;
  std::uint64_t split = 0; ///< of them
  std::uint64_t files = 0;
  std::uint64_t compressed = 0; ///< of them

  [[nodiscard]] std::string words() const;
};

class Campaign {
public:
  struct Options {
    std::uint64_t bytes_a_second = 0; ///< of the two that write most
    std::uint64_t seed = 0;
    std::string engine{};                ///< as ChaosStack has it
    std::uint64_t most_between = 30'000; ///< microseconds between two kills
  };
  /// Starts the stack and does each deed once in peace.
  Campaign(const ChaosPlace& place, const Options& options);

  /// So many kills, with all that can be looked at meanwhile after each, and a look at everything, when
  /// nothing moves, after every `between_looks`. Throws what is not as it must be.
  void kill(std::uint64_t kills, std::uint64_t between_looks);
  /// So many upgrades, to the next version and back in turn, in the same way.
  void upgrade(const Installation& installation, std::uint64_t upgrades, std::uint64_t between_looks);
  /// Stops the stack in order and judges its logs. Throws likewise.
  CampaignCounts end();

private:
  void kill_once();
  void kill_engine();
  void upgrade_to(const std::string& version);
  void look();
  void rest_and_look();
  void read_logs();
  void replay();
  void wait_at_most(std::uint64_t microseconds);
  [[nodiscard]] bool happens(unsigned percent) { return chance_() % 100 < percent; }

  const ChaosPlace& place_;
  const std::uint64_t most_between_;
  std::mt19937_64 chance_;
  BusyServices services_;
  ChaosStack stack_;
  Invariants invariants_;
  Commander commander_;
  std::optional<Visitor> visitor_;
  std::vector<LogFollower> logs_;
  CampaignCounts counts_;
};

} // namespace holdfast::test
