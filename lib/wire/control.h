#pragma once
// Between the command line and the daemon: one JSON object a line each way. A request is one line; its answer
// is one or more lines, of which the last is `Finished` or `Refused`. The set of verbs is closed, and no verb
// adds or runs a command.
//
//   status              StatusView; with `follow` again after each change
//   start stop restart  Progress, as often as what is waited for changes; without `wait` Finished at once
//   events              the last `last` EventLines, or those from number `sequence` on, oldest first; with
//                       `follow` each new one
//   logs                LogPlaces: the command line reads the files itself
//   version             DaemonVersion
//   plan                PlanView of the configuration on the disk: what a reload would do
//   reload              PlanView; where it is valid, then as after a command. Refused where it is not:
//                       nothing was changed
//   door                Finished: the door is held closed, or no longer
//   task                as a command, for exactly one service
//   explain             Explanation of the stack, or of one service
//   adopt               Finished when what is there is known as the volume that is meant, or Refused
//   upgrade             Progress, then Finished by the engine of the build that is installed, or Refused
//
// A connection ends with the engine that accepted it; the listening socket outlives that engine, so whoever
// connects again is served by the next. What reads is asked again. What changes something has an `id`, drawn
// at random: asked again with the same one it is carried out once, and its outcome is waited for, without a
// PlanView. Progress says that it was accepted; from then on the client says so (`accepted`), and a daemon
// that does not know of it refuses it instead of carrying it out.

#include "base/result.h"
#include "wire/plan_view.h"
#include "wire/status_view.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdfast::wire {

/// Bytes of a line without its newline.
constexpr std::size_t longest_request = 64U << 10;
constexpr std::size_t longest_reply = 1U << 20;

enum class ControlVerb : std::uint8_t {
  status,
  start,
  stop,
  restart,
  events,
  logs,
  version,
  plan,
  reload,
  door,
  task,
  explain,
  adopt,
  upgrade
};

struct ControlRequest {
  ControlVerb verb = ControlVerb::status;
  std::vector<std::string>
      services{};         ///< start, stop, restart, logs, explain; empty: the whole stack; task: one
  bool wait = true;       ///< start, stop, restart, reload, task
  bool follow = false;    ///< status, events
  std::uint64_t last = 0; ///< events
  /// events: the number of the first one, 0: as `last` says. Where the daemon has not come so far, what is
  /// meant was counted by another, and it sends all that it has.
  std::uint64_t sequence = 0;
  bool open = false;     ///< door: opened, else closed
  std::string volume{};  ///< adopt: its name
  std::uint64_t id = 0;  ///< what changes something; 0: it is not asked again
  bool accepted = false; ///< the same but adopt: this id is known to have been accepted
  bool operator==(const ControlRequest&) const = default;
};

struct Progress {
  std::string text{}; ///< what is waited for
  bool operator==(const Progress&) const = default;
};
struct Finished {
  std::string text{}; ///< what was achieved; empty after a reading verb
  bool operator==(const Finished&) const = default;
};
struct Refused {
  std::string text{}; ///< why it was refused, or how it failed
  bool operator==(const Refused&) const = default;
};
struct LogPlaces {
  std::string directory{};             ///< holds NAME.log of each service
  std::vector<std::string> services{}; ///< those that were named, or all
  bool operator==(const LogPlaces&) const = default;
};
/// Why it is as it is: from the verdict down to the first cause.
struct Explanation {
  std::vector<ExplainLine> lines{};
  bool operator==(const Explanation&) const = default;
};
struct DaemonVersion {
  std::string version{};
  bool operator==(const DaemonVersion&) const = default;
};

using ControlReply = std::variant<Progress, Finished, Refused, StatusView, EventLine, LogPlaces,
                                  DaemonVersion, PlanView, Explanation>;

/// [a-z][a-z0-9-]{0,62}
[[nodiscard]] bool is_service_name(std::string_view name);

[[nodiscard]] std::string_view word(ControlVerb verb);

/// One line, without its newline.
[[nodiscard]] std::string encode(const ControlRequest& request);
/// A reply that would be longer than longest_reply becomes a Refused that says so.
[[nodiscard]] std::string encode(const ControlReply& reply);

/// Refused: what is not one JSON object, an unknown verb, a key that does not belong to the verb, a wrong
/// type, a name outside the grammar.
[[nodiscard]] Result<ControlRequest> decode_request(std::string_view line);
[[nodiscard]] Result<ControlReply> decode_reply(std::string_view line);

} // namespace holdfast::wire
