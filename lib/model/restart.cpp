#include "model/turn.h"

#include <algorithm>
#include <cstdint>

namespace holdfast::model {
namespace {

/// d(n) = min(up_to, delay x 2^(n-1)).
Duration delay_before(const RestartPolicy& policy, unsigned n) {
  Duration delay = policy.delay;
  for (unsigned i = 1; i < n && delay < policy.up_to; ++i)
    delay *= 2;
  return std::min(delay, policy.up_to);
}

/// splitmix64 (Steele, Lea, Flood 2014): one draw of the turn serves several services without giving all the
/// same jitter.
std::uint64_t mix(std::uint64_t draw, std::uint32_t salt) {
  std::uint64_t z = draw + 0x9e3779b97f4a7c15ULL * (std::uint64_t{salt} + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// d x (1 + j), j from 0 to `percent`.
Duration with_jitter(Duration delay, unsigned percent, std::uint64_t draw) {
  const double share = static_cast<double>(draw >> 11) / static_cast<double>(1ULL << 53);
  const double extra = static_cast<double>(delay.count()) * share * percent / 100.0;
  return delay + Duration(static_cast<Duration::rep>(extra));
}

/// Why the next start is made, where the run before it ended in order because of `why`.
Why origin_after(Why why, const Why& goal) {
  if (why.cause == Cause::asked_stop || why.cause == Cause::asked_restart) return goal;
  if (why.cause == Cause::need_leaves || why.cause == Cause::need_failed) why.cause = Cause::need_restarted;
  return why;
}

bool may_restart(RestartWhen when, const Why& why) {
  switch (when) {
  case RestartWhen::always: return true;
  case RestartWhen::on_failure: return why.cause != Cause::exited || !why.exit.success();
  case RestartWhen::never: return false;
  }
  return false;
}

} // namespace

void Turn::conclude(ServiceId id, Why why, bool charged) {
  Service& service = edit(id);
  const bool ordered = service.leaving || !charged || service.starts_fresh;
  service.restart_asked = false;
  const bool done = spec(id).task && why.cause == Cause::exited && why.exit.success();
  if (done && spec(id).task == TaskRun::once) {
    service.remembered = true;
    actions_.push_back(RememberDone{id});
  }
  if (!service.wanted) return enter(id, Down{}, service.goal);
  if (ordered) return enter_waiting(id, origin_after(std::move(why), service.goal));
  if (done) return enter(id, Finished{}, std::move(why));
  if (!may_restart(spec(id).restart.when, why)) {
    if (why.cause == Cause::exited) why.cause = Cause::ended;
    return enter(id, Failed{}, std::move(why));
  }
  restart_charged(id, std::move(why));
}

void Turn::restart_charged(ServiceId id, Why why) {
  Service& service = edit(id);
  const RestartPolicy& policy = spec(id).restart;
  auto& charges = service.charges;
  while (!charges.empty() && now_.mono - charges.front() >= policy.window)
    charges.pop_front();
  if (charges.size() >= policy.budget) {
    why.spent = policy.budget;
    why.window = policy.window;
    return enter(id, Failed{}, std::move(why));
  }
  charges.push_back(now_.mono);
  ++service.restarts;
  const Run& run = *run_of(service.phase);
  if (run.settled) return enter_waiting(id, std::move(why));
  ++service.unsettled;
  const Duration delay = delay_before(policy, service.unsettled);
  why.pause = with_jitter(delay, policy.jitter_percent, mix(now_.draw, id.index));
  enter(id, Backoff{later(now_.mono, why.pause)}, std::move(why));
}

} // namespace holdfast::model
