#pragma once
// What of AMQP 0-9-1 the beginning and the end of a connection need: frames that carry the methods of class
// "connection". (amqp-0-9-1 specification, sections 2.3.5, 4.2 and 1.4 of its reference; RabbitMQ's errata.)

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::observer::amqp {

/// What a client says first.
constexpr std::string_view protocol_header{"AMQP\0\0\x9\x1", 8};

/// Before a size is agreed on the peers take 4096 bytes; brokers are seen that say more of themselves.
constexpr std::size_t longest_frame = 32U << 10;

/// Methods of class "connection" (10).
enum class Method : std::uint16_t {
  start = 10,
  start_ok = 11,
  secure = 20,
  tune = 30,
  tune_ok = 31,
  open = 40,
  open_ok = 41,
  close = 50,
  close_ok = 51,
  blocked = 60,
  unblocked = 61
};

/// A method of class "connection", as it came.
struct Message {
  Method method{};
  std::string arguments{};
};

/// Takes the first whole frame off the front of `heard`, and heartbeats before it; nothing while there is
/// none. Refused: what is no frame of channel 0 with a method of class "connection"; one that is too long.
[[nodiscard]] Result<std::optional<Message>> take_message(std::string& heard);

/// What the broker says first.
struct Start {
  int major = 0;
  int minor = 0;
  std::string mechanisms{}; ///< separated by blanks
};
[[nodiscard]] std::optional<Start> read_start(std::string_view arguments);

struct Tune {
  std::uint16_t most_channels = 0;
  std::uint32_t longest_frame = 0;
};
[[nodiscard]] std::optional<Tune> read_tune(std::string_view arguments);

/// Why the broker closes: 403 and "ACCESS_REFUSED - …".
struct Close {
  int code = 0;
  std::string words{};
};
[[nodiscard]] std::optional<Close> read_close(std::string_view arguments);

/// Logs in with PLAIN. Says that it can be told of a refusal; otherwise RabbitMQ waits 3 s and hangs up.
[[nodiscard]] std::string start_ok(const std::string& user, const std::string& secret);
/// Agrees to what was offered, and wants no heartbeats.
[[nodiscard]] std::string tune_ok(const Tune& offered);
/// Precondition: at most 255 bytes.
[[nodiscard]] std::string open(const std::string& vhost);
[[nodiscard]] std::string close();
[[nodiscard]] std::string close_ok();

} // namespace holdfast::observer::amqp
