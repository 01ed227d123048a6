#pragma once
// What `status` and `events` show, as data and as JSON: the same on the control socket, in the files of the
// state directory and in what `--json` prints. Readers pass over keys they do not know: keys may be added,
// none change.

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::wire {

struct StackStatus {
  std::string name{};
  std::string verdict{};
  std::string since{}; ///< UTC, whole seconds
  std::string door{};  ///< "open" or "closed"
  std::string why{};
  std::optional<std::string> changed_on_disk{}; ///< UTC: the configuration is another than the one in force
  bool operator==(const StackStatus&) const = default;
};

/// One line of `explain`.
struct ExplainLine {
  std::string text{};
  std::optional<std::string> since{}; ///< UTC, whole seconds
  std::uint64_t depth = 0;            ///< the line above with less is what it explains
  bool operator==(const ExplainLine&) const = default;
};

/// Exactly one of code and signal.
struct LastExit {
  std::optional<int> code{};
  std::optional<std::string> signal{};
  bool oom = false;
  bool operator==(const LastExit&) const = default;
};

/// Which share of the last ten seconds was lost to waiting for it, in percent; none where nobody can read it.
struct Pressure {
  std::optional<double> memory{};
  std::optional<double> cpu{};
  std::optional<double> io{};
  bool operator==(const Pressure&) const = default;
};

/// A listening socket that is held.
struct SocketStatus {
  std::string name{};
  std::string address{};                  ///< as it is configured
  std::optional<std::uint64_t> queue{};   ///< connections that wait to be accepted; none: it is not open, or
                                          ///< nobody can tell; so the next
  std::optional<std::uint64_t> backlog{}; ///< so many may wait
  bool operator==(const SocketStatus&) const = default;
};

struct ServiceStatus {
  std::string name{};
  std::string phase{};
  bool critical = true;
  std::optional<int> pid{};   ///< none where no process runs
  std::uint64_t run = 0;      ///< counts from 1; 0: it never ran
  std::uint64_t restarts = 0; ///< charged ones since the daemon's start
  std::string since{};
  std::string why{};
  std::optional<std::uint64_t> memory_bytes{}; ///< none where nobody can read it; so the next three
  std::optional<std::uint64_t> memory_max_bytes{};
  std::optional<std::uint64_t> cpu_usec{};
  std::optional<std::uint64_t> tasks{};
  Pressure pressure{};
  std::vector<SocketStatus> sockets{};
  std::optional<LastExit> last_exit{}; ///< none before any exit
  std::string status_text{};           ///< what it says of itself (STATUS= of sd_notify)
  std::uint64_t log_lines_dropped = 0;
  std::vector<std::string> last_lines{};  ///< of its log, oldest first; failed and backoff only
  std::vector<ExplainLine> explanation{}; ///< in the file only, of one that is not as it should be
  bool operator==(const ServiceStatus&) const = default;
};

struct VolumeStatus {
  std::string name{};
  std::string path{};
  std::string state{};  ///< a word of wire/volume.h
  std::string why{};    ///< what is not as it is meant to be
  std::string source{}; ///< as it is configured; empty: any; so the next
  std::string type{};
  std::string marker{};                      ///< the id of its marker; empty: it has none, or is not present
  std::optional<std::uint64_t> free_bytes{}; ///< none where nobody has read it; so the next
  std::optional<std::uint64_t> size_bytes{};
  std::vector<std::string> used_by{}; ///< services
  bool operator==(const VolumeStatus&) const = default;
};

struct StatusView {
  std::string time{};      ///< UTC, when this view was made
  bool last_known = false; ///< read from a file, no daemon runs
  StackStatus stack{};
  std::vector<ServiceStatus> services{};
  std::vector<VolumeStatus> volumes{};
  std::vector<ExplainLine> explanation{}; ///< of the stack; in the file only
  bool operator==(const StatusView&) const = default;
};

/// One change of a phase, or of the stack's verdict.
struct EventLine {
  std::string time{};                   ///< UTC, microseconds
  std::optional<std::string> service{}; ///< none: the stack's verdict
  std::optional<std::uint64_t> run{};   ///< none: the verdict, or a service that never ran
  std::string from{};
  std::string to{};
  std::string why{};
  std::uint64_t took_ms = 0; ///< how long `from` lasted
  /// Counts all events of a daemon from 1, over its engines; none: an older daemon wrote it down.
  std::optional<std::uint64_t> sequence{};
  bool operator==(const EventLine&) const = default;
};

/// One line of a service's log, for `logs --json`.
struct LogLine {
  std::string service{};
  std::string line{};
};

/// One line each, without a newline.
[[nodiscard]] std::string encode_status(const StatusView& view);
/// `volume list --json`: {"last_known": …, "volumes": […]}
[[nodiscard]] std::string encode_volumes(const StatusView& view);
[[nodiscard]] std::string encode_event(const EventLine& event);
[[nodiscard]] std::string encode_log_line(const LogLine& line);
/// `explain --json`
[[nodiscard]] std::string encode_explanation(const std::vector<ExplainLine>& lines, bool last_known);
/// `version --json`; `daemon` is none where no daemon answers.
[[nodiscard]] std::string encode_versions(const std::string& own, const std::optional<std::string>& daemon);

[[nodiscard]] Result<StatusView> decode_status(std::string_view text);
[[nodiscard]] Result<EventLine> decode_event(std::string_view text);

} // namespace holdfast::wire
