#pragma once
// The log of commands: a line when one is asked for, and one when its outcome is known. It is written like
// the log of a service, with the time in front of each line, into a file of its own beside theirs.

#include "base/time.h"
#include "wire/control.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::wire {

/// Its name among those of the services; none of them has it.
constexpr std::string_view audit_log = "holdfast-audit";

enum class AuditStage : std::uint8_t {
  asked,
  refused, ///< nothing was done
  done,
  failed ///< it was accepted, and did not come to its end
};

struct AuditLine {
  AuditStage stage = AuditStage::asked;
  std::string by{};      ///< "root", "user 1000", "SIGHUP"
  int pid = 0;           ///< of the client when it connected; 0: none
  std::uint64_t id = 0;  ///< by which the command is asked for again; 0: it is not
  std::string command{}; ///< as on the command line
  std::string text{};    ///< why it was refused or failed, or what was achieved
  std::optional<Duration> took{};
};

/// Bytes of a line with its newline: a pipe takes it whole (PIPE_BUF, pipe(7)).
constexpr std::size_t longest_audit_line = 4096;

/// `done by="root" pid=4711 id=00000000deadbeef command="restart redis" took=1.250s text="..."`. On one line,
/// without a newline, whatever the words hold; long ones are cut.
[[nodiscard]] std::string encode(const AuditLine& line);

/// As it is written on the command line: "task run setup".
[[nodiscard]] std::string words(const ControlRequest& request);

} // namespace holdfast::wire
