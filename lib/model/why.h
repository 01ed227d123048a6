#pragma once
// The names of phases and verdicts, and the reasons behind them as data. Words are made of them in one place
// (words.h), so that a decision never depends on a text.

#include "base/ids.h"
#include "base/time.h"

#include <cstdint>
#include <string>

namespace holdfast::model {

enum class PhaseName : std::uint8_t {
  down,
  waiting,
  starting,
  ready,
  unready,
  stopping,
  backoff,
  failed,
  done
};
enum class Verdict : std::uint8_t { starting, working, degraded, broken, stopping, stopped, failed };

/// All critical services are ready: the public may come in.
[[nodiscard]] constexpr bool works(Verdict verdict) {
  return verdict == Verdict::working || verdict == Verdict::degraded;
}

/// How a process ended: exactly one of code and signal is meaningful.
struct ExitStatus {
  int code = 0;
  int signal = 0;   ///< 0: it exited with `code`
  bool oom = false; ///< the signal was the kernel's, for want of memory
  [[nodiscard]] bool success() const { return signal == 0 && code == 0; }
  bool operator==(const ExitStatus&) const = default;
};

enum class Cause : std::uint8_t {
  none,
  // waiting for
  need,         ///< `other` is not ready
  need_failed,  ///< `other` is failed
  need_stopped, ///< `other` is stopped by `text`
  soft_need,    ///< `other` is on its way; ordered after it
  turn,         ///< as many as may be starting are
  condition,    ///< the spec's condition `condition`: `text`
  removal,      ///< `other`, which a reload removed, is still there
  requirement,  ///< `text`
  // asked
  started,       ///< the stack was started
  asked_start,   ///< by `text`
  asked_stop,    ///< by `text`
  asked_restart, ///< by `text`
  shutdown,      ///< the daemon ends
  disabled,
  removed,        ///< a reload by `text` left it out
  reloaded,       ///< a reload by `text` changed how it is started
  on_command,     ///< a task that is not started by itself
  stack_restart,  ///< all of the stack, since `other` failed
  given_up,       ///< `other` failed, and no restart of the stack is left, or none would help
  start_bound,    ///< the stack did not work within `span` of its start
  recover_bound,  ///< the stack did not work again within `span`
  need_leaves,    ///< `other`, which it needs, is stopped or restarted first after it
  need_restarted, ///< edge `restart: true` on `other`
  // trouble
  spawn_failed,     ///< `text`
  exited,           ///< `exit`, after `span`
  start_deadline,   ///< not ready within `span`
  not_live,         ///< live probe failed `count` times; `text` is what it said
  not_ready,        ///< ready probe failed `count` times; `text`
  says_stopping,    ///< STOPPING=1 that nobody asked for
  unready_too_long, ///< for `span`
  engine_lost,      ///< the engine ended before it could start it
  ended,            ///< a task, or a service that is not restarted: `exit`
  survives_kill,    ///< processes that do not go after cgroup.kill
  children_killed,  ///< `count` processes beside the main one, for want of memory
  tasks_spent,      ///< its cgroup has as many tasks as it may have
  memory_short,     ///< above memory_high, and slowed for it
  short_too_long,   ///< that for `span`
  ready_unknown, ///< ready probe, asked `count` times in a row, could not tell; `text` is what kept it from
                 ///< it
  live_unknown,  ///< the same of the live probe
  // no trouble
  answers,    ///< it is ready, `span` after its spawn
  remembered, ///< a task that ended well before
  adopted,    ///< an earlier engine started it
};

struct Why {
  Cause cause = Cause::none;
  ServiceId other{};
  ConditionId condition{};
  ExitStatus exit{};
  Duration span{};
  unsigned count = 0;
  std::string text;
  Duration pause{};   ///< in backoff: how long until the next start
  unsigned spent = 0; ///< failed because so many charged restarts
  Duration window{};  ///< within this time are spent
};

/// With what goes with the cause, and nothing else set.
[[nodiscard]] Why because(Cause cause, std::string text = {});
[[nodiscard]] Why because(Cause cause, ServiceId other);

} // namespace holdfast::model
