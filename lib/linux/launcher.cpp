#include "linux/launcher.h"

#include "linux/launch.h"

#include <cerrno>
#include <deque>
#include <fcntl.h>
#include <mutex>
#include <optional>
#include <sched.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

/// Counts orders by bytes. A pipe and not a condition variable: its wake-up is synchronous, so that the
/// thread runs on the processor of the one who gives the order instead of waking another from its sleep,
/// which takes longer than the clone.
class Doorbell {
public:
  Doorbell() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw std::runtime_error("pipe2: no descriptor is left for the launcher");
    read_ = Fd(ends[0]);
    write_ = Fd(ends[1]);
  }

  void ring() const {
    while (::write(write_.get(), "", 1) < 0 && errno == EINTR) {
    }
    ::sched_yield();
  }

  void wait() const {
    char byte = 0;
    while (::read(read_.get(), &byte, 1) < 0 && errno == EINTR) {
    }
  }

private:
  Fd read_;
  Fd write_;
};

} // namespace

struct Launcher::Shared {
  explicit Shared(std::function<void()> wake_loop) : wake(std::move(wake_loop)) {}

  /// Waits for the next order; nothing when it is time to end.
  std::optional<LaunchOrder> next() {
    doorbell.wait();
    const std::lock_guard lock(mutex);
    if (ending) return std::nullopt;
    LaunchOrder order = std::move(orders.front());
    orders.pop_front();
    return order;
  }

  void work() {
    LaunchMeans means;
    if (slots) means.slots = &slots.value();
    while (const auto order = next()) {
      LaunchOutcome outcome = launch(*order, means);
      {
        const std::lock_guard lock(mutex);
        outcomes.push_back(std::move(outcome));
      }
      wake();
    }
  }

  const std::function<void()> wake;
  const Result<SpawnSlots> slots = SpawnSlots::reserve(); ///< an error only makes spawns slower
  const Doorbell doorbell;
  std::mutex mutex;
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
  shared_->doorbell.ring();
  shared_->thread.join();
}

void Launcher::submit(LaunchOrder order) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->orders.push_back(std::move(order));
  }
  shared_->doorbell.ring();
}

std::vector<LaunchOutcome> Launcher::take() {
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->outcomes, {});
}

} // namespace holdfast::linux_os
