#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "wire/control.h"
#include "wire/line_splitter.h"

#include <chrono>
#include <optional>
#include <string>

namespace holdfast::client {

/// One connection to the control socket.
class DaemonLink {
public:
  /// `patience`: for a daemon that takes no connection because so many wait already.
  [[nodiscard]] static Result<DaemonLink> open(const std::string& path, std::chrono::milliseconds patience);

  void ask(const wire::ControlRequest& request);

  /// The next reply; nothing when `patience` is over (none: waits for ever). An error where the connection is
  /// closed (ECONNRESET), or what comes is no reply.
  [[nodiscard]] Result<std::optional<wire::ControlReply>>
  next(std::optional<std::chrono::milliseconds> patience);

private:
  explicit DaemonLink(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
  wire::LineSplitter lines_{wire::longest_reply};
};

/// Whether the error of open() means that no daemon runs, and not that we may not speak to it.
[[nodiscard]] bool nobody_listens(const Error& error);

/// How long a daemon that lives may take for the first line of an answer.
constexpr std::chrono::milliseconds answers_within{10000};
/// And one that reads its configuration first, looks for programs and users on the machine and all.
constexpr std::chrono::milliseconds reads_within{60000};

} // namespace holdfast::client
