#pragma once
// An operator who never rests: commands through the command line, one after the other, whatever happens to
// the engine meanwhile. Each must succeed.

#include "chaos/invariants.h"
#include "support/running_stack.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::test {

/// Commands that together leave the stack as it was.
struct Deed {
  std::vector<Words> commands;
  std::vector<std::string> ends; ///< services of which each is ended once by this
  std::function<void()> before;  ///< such as a change of the configuration; may be empty
};

class Commander {
public:
  Commander(const RunningStack& stack, std::vector<Deed> deeds, std::uint64_t seed);
  ~Commander();
  Commander(const Commander&) = delete;
  Commander& operator=(const Commander&) = delete;

  /// Before the first resume(). Throws where a command fails.
  void do_each_once();

  /// Waits until the deed under way is done; then nothing is in flight until resume(). Throws where a command
  /// has failed.
  void pause();
  void resume();

  /// Of the deeds that are done; of meaning while it pauses.
  [[nodiscard]] const Asked& asked() const { return asked_; }
  [[nodiscard]] std::uint64_t deeds_done() const { return done_; }

private:
  enum class Wish : std::uint8_t { work, pause, end };
  void work();
  [[nodiscard]] bool may_work();
  void do_one(const Deed& deed);
  void wish(Wish wish);

  const RunningStack& stack_;
  const std::vector<Deed> deeds_;
  std::mt19937_64 chance_;
  Asked asked_;
  std::uint64_t done_ = 0;
  std::string failure_; ///< the first

  std::mutex mutex_; ///< guards what follows, and by `rests_` all above
  std::condition_variable changed_;
  Wish wish_ = Wish::pause;
  bool rests_ = true;
  std::thread thread_;
};

} // namespace holdfast::test
