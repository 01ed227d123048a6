#include "linux/launcher.h"

#include "linux/launch.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

namespace holdfast::linux_os {

struct Launcher::Shared {
  explicit Shared(std::function<void()> wake_loop) : wake(std::move(wake_loop)) {}

  /// Waits for the next order; nothing when it is time to end.
  std::optional<LaunchOrder> next() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return ending || !orders.empty(); });
    if (ending) return std::nullopt;
    LaunchOrder order = std::move(orders.front());
    orders.pop_front();
    return order;
  }

  void work() {
    while (const auto order = next()) {
      LaunchOutcome outcome = launch(*order, slots ? &slots.value() : nullptr);
      {
        const std::lock_guard lock(mutex);
        outcomes.push_back(std::move(outcome));
      }
      wake();
    }
  }

  const std::function<void()> wake;
  const Result<SpawnSlots> slots = SpawnSlots::reserve(); ///< an error only makes spawns slower
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<LaunchOrder> orders;
  std::vector<LaunchOutcome> outcomes;
  bool ending = false;
  std::thread thread;
};

Launcher::Launcher(std::function<void()> wake) : shared_(std::make_unique<Shared>(std::move(wake))) {
  shared_->thread = std::thread([shared = shared_.get()] { shared->work(); });
}

Launcher::~Launcher() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->ending = true;
  }
  shared_->changed.notify_one();
  shared_->thread.join();
}

void Launcher::submit(LaunchOrder order) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->orders.push_back(std::move(order));
  }
  shared_->changed.notify_one();
}

std::vector<LaunchOutcome> Launcher::take() {
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->outcomes, {});
}

} // namespace holdfast::linux_os
