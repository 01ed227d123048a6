#pragma once

#include "engine/counter_watch.h"
#include "engine/runs.h"
#include "engine/tree.h"
#include "model/stack.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <vector>

namespace holdfast::engine {

/// What the kernel announces of the services' cgroups when they run into their limits, as events for the
/// model: processes that it killed for want of memory, and forks that it refused.
class LimitWatch {
public:
  struct Parts {
    boost::asio::io_context& loop;
    const Tree& tree;
    Runs& runs;
  };
  LimitWatch(Parts parts, const model::Stack& stack, Happened happened);

  /// The stack has another spec: services that are new are watched too.
  void respecified();

private:
  struct Watched {
    explicit Watched(boost::asio::io_context& loop) : hold(loop) {}
    std::unique_ptr<CounterWatch> memory;
    std::unique_ptr<CounterWatch> tasks;
    boost::asio::steady_timer hold; ///< until what was killed is told
    bool holds = false;
    std::uint64_t refused = 0; ///< forks, as last seen
    RunNumber told;            ///< the run whose forks were told
  };

  void watch(ServiceId service);
  void killed(ServiceId service);
  void tell_killed(ServiceId service);
  void refused(ServiceId service);

  Parts parts_;
  const model::Stack& stack_;
  Happened happened_;
  std::vector<std::unique_ptr<Watched>> watched_; ///< by service
};

} // namespace holdfast::engine
