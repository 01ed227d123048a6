#pragma once
// The fields of each struct that is saved or recorded, in the order in which they are written. This list is
// the format: whoever changes it raises `format` (envelope.h).
//
// None can be forgotten: a structured binding must name every field of a struct, or it does not compile, and
// what is bound is what is tied. A struct without fields needs no line here until it gains one.

#include "base/time.h"
#include "model/events.h"
#include "model/stack.h"

#include <concepts>
#include <tuple>
#include <type_traits>

namespace holdfast::model {

template <typename T, typename Wanted>
concept Is = std::same_as<std::remove_const_t<T>, Wanted>;

/// References to all fields of a value.
#define HOLDFAST_FIELDS(Type, ...)                                                                           \
  template <Is<Type> T>                                                                                      \
  constexpr auto fields(T& value) {                                                                          \
    auto& [__VA_ARGS__] = value;                                                                             \
    return std::tie(__VA_ARGS__);                                                                            \
  }

// ---- the spec
HOLDFAST_FIELDS(NetworkProbe, protocol, target, status, host, headers, body, tls_name, tls_ca, user,
                secret_file, database, query, write, vhost, management, queues)
HOLDFAST_FIELDS(Probe, kind, running, exec, exit, network, every, timeout, failures, successes, quiet)
HOLDFAST_FIELDS(LiveProbe, probe, then)
HOLDFAST_FIELDS(Need, on, restart, soft)
HOLDFAST_FIELDS(Rung, signal, to_all, exec, wait)
HOLDFAST_FIELDS(ReloadSpec, signal, exec, files)
HOLDFAST_FIELDS(RestartPolicy, delay, up_to, jitter_percent, settled, budget, window, when)
HOLDFAST_FIELDS(RuntimeDirectory, path, mode)
HOLDFAST_FIELDS(Requirement, file, owner)
HOLDFAST_FIELDS(SocketSpec, name, address, backlog, mode, group)
HOLDFAST_FIELDS(ProcessLimits, open_files, locked_memory, core, oom_score)
HOLDFAST_FIELDS(GroupLimits, memory, memory_high, swap, cpu, cpu_weight, io_weight, tasks, oom_group)
HOLDFAST_FIELDS(Program, command, user, group, groups, capabilities, no_new_privileges, environment,
                environment_file, directory, umask, runtime_directories, requirements, sockets,
                socket_passing, limits)
HOLDFAST_FIELDS(ServiceSpec, name, program, external, needs, conditions, critical, enabled, removed, task,
                ready, progress, progress_up_to, live, start_within, unready_within, stop, leftovers, reload,
                restart, group_limits, timestamps)
HOLDFAST_FIELDS(VolumeSpec, name, path, source, type, mounted, marker)
HOLDFAST_FIELDS(HostSetting, name, comparison, wanted)
HOLDFAST_FIELDS(Condition, kind, name)
HOLDFAST_FIELDS(Budget, count, window)
HOLDFAST_FIELDS(LogArchives, compression, keep_for, keep_total, keep_files, warn_percent, stop_percent)
HOLDFAST_FIELDS(StackSpec, name, site, runtime, state, log_directory, rotate_size, rotate_every,
                log_when_full, log_forward, log_archives, start_at_once, start_within, recover_within,
                stop_within, stack_budget, when_broken, enforce_limits, group_limits, volumes, host,
                conditions, services)

// ---- the state
HOLDFAST_FIELDS(ExitStatus, code, signal, oom)
HOLDFAST_FIELDS(Why, cause, other, condition, exit, span, count, text, pause, spent, window)
HOLDFAST_FIELDS(Run, number, pid, spawned, leaf_empty, exit, settled, short_since, questions, needs)
HOLDFAST_FIELDS(ProbeTrack, next, pause, asked, failures, successes, said, unknowns, hindrance)
HOLDFAST_FIELDS(Waiting, look, look_again, held, origin)
HOLDFAST_FIELDS(Holds, progress, recovery, unseen)
HOLDFAST_FIELDS(Starting, run, deadline, held, holds, said_ready, ready, progress)
HOLDFAST_FIELDS(Ready, run, ready, live)
HOLDFAST_FIELDS(Unready, run, deadline, held, holds, paused, paused_until, ready, live)
HOLDFAST_FIELDS(Stopping, run, stage, rung, due, charged, why)
HOLDFAST_FIELDS(Backoff, until)
HOLDFAST_FIELDS(Service, phase, since, since_wall, why, status_text, wanted, goal, restart_asked, leaving,
                starts_fresh, excused, remembered, added, last_run, unsettled, charges, restarts, last_exit)
HOLDFAST_FIELDS(ConditionFact, state, what)
HOLDFAST_FIELDS(StackState, up, shutdown, ended, fresh, given_up, given_up_why, end_code, stop_deadline,
                end_deadline, bound, bound_left, charges, restarts, door_held, door_by, door_is_open,
                conditions, pressure_since, woke, verdict, verdict_since)
HOLDFAST_FIELDS(StackImage, services, state)

// ---- events
HOLDFAST_FIELDS(StackStarted, done)
HOLDFAST_FIELDS(CommandAsked, verb, services, by)
HOLDFAST_FIELDS(ShutdownAsked, by)
HOLDFAST_FIELDS(DoorAsked, open, by)
HOLDFAST_FIELDS(ConfigurationChanged, spec, reload, done, by)
HOLDFAST_FIELDS(ConditionSeen, condition, met, what)
HOLDFAST_FIELDS(PressureSeen, high)
HOLDFAST_FIELDS(MachineWoke, asleep)
HOLDFAST_FIELDS(FoundRun, service, run, pid, rung_done, was_ready)
HOLDFAST_FIELDS(EngineReturned, found, done, used)
HOLDFAST_FIELDS(SpawnSucceeded, service, run, pid)
HOLDFAST_FIELDS(SpawnFailed, service, run, error, what)
HOLDFAST_FIELDS(SpawnRefused, service, run, what)
HOLDFAST_FIELDS(RequirementsSeen, service, missing)
HOLDFAST_FIELDS(ProcessExited, service, run, status)
HOLDFAST_FIELDS(LeafEmptied, service, run)
HOLDFAST_FIELDS(ProcessesKilled, service, run, count)
HOLDFAST_FIELDS(TasksSpent, service, run)
HOLDFAST_FIELDS(MemoryShort, service, run, is_short)
HOLDFAST_FIELDS(ServiceNotified, service, run, ready, stopping, extend, status)
HOLDFAST_FIELDS(ProbeAnswered, service, run, role, question, outcome, said)

// ---- actions, of which a digest is recorded
HOLDFAST_FIELDS(LookAtRequirements, service)
HOLDFAST_FIELDS(Spawn, service, run)
HOLDFAST_FIELDS(Signal, service, run, signal, to_all)
HOLDFAST_FIELDS(RunStopProgram, service, run, rung)
HOLDFAST_FIELDS(KillGroup, service, run)
HOLDFAST_FIELDS(ReloadService, service, run)
HOLDFAST_FIELDS(RememberDone, service)
HOLDFAST_FIELDS(AskProbe, service, run, role, question)
HOLDFAST_FIELDS(ReportPhase, service, run, from, to, why, took)
HOLDFAST_FIELDS(ReportVerdict, from, to)
HOLDFAST_FIELDS(ReportTrouble, service, run, why)
HOLDFAST_FIELDS(End, code)

#undef HOLDFAST_FIELDS

} // namespace holdfast::model
