#pragma once
// Whether a number that was read is an enumerator. Switches without default: an enumerator that is added and
// not listed here does not compile.

#include "model/events.h"
#include "model/stack.h"

namespace holdfast::model {

[[nodiscard]] constexpr bool known(ProbeKind value) {
  switch (value) {
  case ProbeKind::running:
  case ProbeKind::notify:
  case ProbeKind::exec:
  case ProbeKind::observed: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(Protocol value) {
  switch (value) {
  case Protocol::tcp:
  case Protocol::http:
  case Protocol::postgresql:
  case Protocol::redis:
  case Protocol::amqp:
  case Protocol::opensearch:
  case Protocol::uwsgi:
  case Protocol::celery:
  case Protocol::canary: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(LiveAction value) {
  switch (value) {
  case LiveAction::restart:
  case LiveAction::alert: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(TaskRun value) {
  switch (value) {
  case TaskRun::before_start:
  case TaskRun::once:
  case TaskRun::on_command: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(SocketPassing value) {
  switch (value) {
  case SocketPassing::listen_fds:
  case SocketPassing::nginx: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(RestartWhen value) {
  switch (value) {
  case RestartWhen::always:
  case RestartWhen::on_failure:
  case RestartWhen::never: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(ConditionKind value) {
  switch (value) {
  case ConditionKind::volume:
  case ConditionKind::certificate:
  case ConditionKind::host: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(Comparison value) {
  switch (value) {
  case Comparison::at_least:
  case Comparison::at_most:
  case Comparison::equal: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(LogWhenFull value) {
  switch (value) {
  case LogWhenFull::drop:
  case LogWhenFull::block: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(LogForward value) {
  switch (value) {
  case LogForward::nowhere:
  case LogForward::journal: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(LogCompression value) {
  switch (value) {
  case LogCompression::none:
  case LogCompression::zstd:
  case LogCompression::gzip: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(WhenBroken value) {
  switch (value) {
  case WhenBroken::stop:
  case WhenBroken::hold: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(EnforceLimits value) {
  switch (value) {
  case EnforceLimits::when_available:
  case EnforceLimits::required: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(PhaseName value) {
  switch (value) {
  case PhaseName::down:
  case PhaseName::waiting:
  case PhaseName::starting:
  case PhaseName::ready:
  case PhaseName::unready:
  case PhaseName::stopping:
  case PhaseName::backoff:
  case PhaseName::failed:
  case PhaseName::done: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(Verdict value) {
  switch (value) {
  case Verdict::starting:
  case Verdict::working:
  case Verdict::degraded:
  case Verdict::broken:
  case Verdict::stopping:
  case Verdict::stopped:
  case Verdict::failed: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(Cause value) {
  switch (value) {
  case Cause::none:
  case Cause::need:
  case Cause::need_failed:
  case Cause::need_stopped:
  case Cause::soft_need:
  case Cause::turn:
  case Cause::condition:
  case Cause::removal:
  case Cause::requirement:
  case Cause::started:
  case Cause::asked_start:
  case Cause::asked_stop:
  case Cause::asked_restart:
  case Cause::shutdown:
  case Cause::disabled:
  case Cause::removed:
  case Cause::reloaded:
  case Cause::on_command:
  case Cause::stack_restart:
  case Cause::given_up:
  case Cause::need_leaves:
  case Cause::start_bound:
  case Cause::recover_bound:
  case Cause::adopted:
  case Cause::need_restarted:
  case Cause::spawn_failed:
  case Cause::exited:
  case Cause::start_deadline:
  case Cause::not_live:
  case Cause::not_ready:
  case Cause::says_stopping:
  case Cause::unready_too_long:
  case Cause::engine_lost:
  case Cause::ended:
  case Cause::survives_kill:
  case Cause::children_killed:
  case Cause::tasks_spent:
  case Cause::memory_short:
  case Cause::short_too_long:
  case Cause::ready_unknown:
  case Cause::live_unknown:
  case Cause::answers:
  case Cause::remembered: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(Look value) {
  switch (value) {
  case Look::unknown:
  case Look::asked:
  case Look::satisfied: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(StopStage value) {
  switch (value) {
  case StopStage::launching:
  case StopStage::ladder:
  case StopStage::leftovers:
  case StopStage::killed:
  case StopStage::overdue: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(ConditionState value) {
  switch (value) {
  case ConditionState::unknown:
  case ConditionState::met:
  case ConditionState::unmet: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(Verb value) {
  switch (value) {
  case Verb::start:
  case Verb::stop:
  case Verb::restart:
  case Verb::task: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(ProbeRole value) {
  switch (value) {
  case ProbeRole::ready:
  case ProbeRole::progress:
  case ProbeRole::live: return true;
  }
  return false;
}

[[nodiscard]] constexpr bool known(ProbeOutcome value) {
  switch (value) {
  case ProbeOutcome::succeeded:
  case ProbeOutcome::failed:
  case ProbeOutcome::starting:
  case ProbeOutcome::unknown:
  case ProbeOutcome::unseen: return true;
  }
  return false;
}

} // namespace holdfast::model
