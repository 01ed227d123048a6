#include "observer/amqp_frames.h"

#include <algorithm>

namespace holdfast::observer::amqp {
namespace {

constexpr std::size_t header_bytes = 7; ///< kind, channel, size
constexpr std::uint8_t method_frame = 1;
constexpr std::uint8_t heartbeat_frame = 8;
constexpr std::uint8_t frame_end = 0xCE;
constexpr std::uint16_t connection_class = 10;

/// Numbers in network byte order and texts behind their length, from the front. Once something is missing
/// all that is read is empty, and `complete` false.
class Reader {
public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool complete() const { return complete_; }

  template <typename T>
  T number() {
    T value{};
    for (const char byte : take(sizeof(T)))
      value = static_cast<T>(value << 8U | static_cast<std::uint8_t>(byte));
    return value;
  }

  std::string_view short_text() { return take(number<std::uint8_t>()); }
  std::string_view long_text() { return take(number<std::uint32_t>()); }

private:
  std::string_view take(std::size_t bytes) {
    if (bytes > rest_.size()) complete_ = false;
    if (!complete_) return {};
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  std::string_view rest_;
  bool complete_ = true;
};

template <typename T>
std::string number(T value) {
  std::string bytes;
  for (std::size_t left = sizeof(T); left > 0; --left)
    bytes += static_cast<char>(std::uint64_t{value} >> (left - 1) * 8U & 0xFFU);
  return bytes;
}

std::string short_text(std::string_view text) {
  return number(static_cast<std::uint8_t>(text.size())).append(text);
}

std::string long_text(std::string_view text) {
  return number(static_cast<std::uint32_t>(text.size())).append(text);
}

std::string frame(Method method, std::string_view arguments) {
  const std::string payload =
      number(connection_class) + number(static_cast<std::uint16_t>(method)) + std::string(arguments);
  return number(method_frame) + number(std::uint16_t{0}) + long_text(payload) + number(frame_end);
}

/// Fields of a table: a name, a letter for the type, the value.
std::string text_field(std::string_view name, std::string_view value) {
  return short_text(name) + 'S' + long_text(value);
}
std::string true_field(std::string_view name) {
  return short_text(name) + 't' + '\x1';
}
std::string table_field(std::string_view name, std::string_view fields) {
  return short_text(name) + 'F' + long_text(fields);
}

struct Frame {
  std::uint8_t kind = 0;
  std::uint16_t channel = 0;
  std::string payload{};
};

Result<std::optional<Frame>> take_frame(std::string& heard) {
  Reader header(heard);
  Frame frame;
  frame.kind = header.number<std::uint8_t>();
  frame.channel = header.number<std::uint16_t>();
  const auto size = header.number<std::uint32_t>();
  if (!header.complete()) return std::optional<Frame>();
  if (size > longest_frame) return Error{"a frame of " + std::to_string(size) + " bytes"};
  const std::size_t whole = header_bytes + size + 1;
  if (heard.size() < whole) return std::optional<Frame>();
  if (static_cast<std::uint8_t>(heard[whole - 1]) != frame_end) return Error{"a frame without an end"};
  frame.payload = heard.substr(header_bytes, size);
  heard.erase(0, whole);
  return std::optional(std::move(frame));
}

Result<std::optional<Message>> message_in(const Frame& frame) {
  if (frame.kind != method_frame || frame.channel != 0)
    return Error{"a frame of kind " + std::to_string(frame.kind) + " on channel " +
                 std::to_string(frame.channel)};
  Reader reader(frame.payload);
  const auto its_class = reader.number<std::uint16_t>();
  const auto method = reader.number<std::uint16_t>();
  if (!reader.complete() || its_class != connection_class)
    return Error{"a method of class " + std::to_string(its_class)};
  constexpr std::size_t ids = 4;
  return std::optional(Message{static_cast<Method>(method), frame.payload.substr(ids)});
}

} // namespace

Result<std::optional<Message>> take_message(std::string& heard) {
  for (;;) {
    // Neither kind of frame that may come begins otherwise: a stranger is told before it said seven bytes.
    const auto kind = heard.empty() ? method_frame : static_cast<std::uint8_t>(heard.front());
    if (kind != method_frame && kind != heartbeat_frame) return Error{"no frame"};
    auto taken = take_frame(heard);
    if (!taken) return taken.error();
    if (!taken.value()) return std::optional<Message>();
    if (taken.value()->kind != heartbeat_frame) return message_in(*taken.value());
  }
}

std::optional<Start> read_start(std::string_view arguments) {
  Reader reader(arguments);
  Start start;
  start.major = reader.number<std::uint8_t>();
  start.minor = reader.number<std::uint8_t>();
  reader.long_text(); // what the broker is and can do
  start.mechanisms = reader.long_text();
  reader.long_text(); // locales
  return reader.complete() ? std::optional(start) : std::nullopt;
}

std::optional<Tune> read_tune(std::string_view arguments) {
  Reader reader(arguments);
  Tune tune;
  tune.most_channels = reader.number<std::uint16_t>();
  tune.longest_frame = reader.number<std::uint32_t>();
  reader.number<std::uint16_t>(); // heartbeat
  return reader.complete() ? std::optional(tune) : std::nullopt;
}

std::optional<Close> read_close(std::string_view arguments) {
  Reader reader(arguments);
  Close close;
  close.code = reader.number<std::uint16_t>();
  close.words = reader.short_text();
  reader.number<std::uint32_t>(); // the method that is to blame
  return reader.complete() ? std::optional(close) : std::nullopt;
}

std::string start_ok(const std::string& user, const std::string& secret) {
  const std::string properties = text_field("product", "holdfast-observer") +
                                 text_field("connection_name", "holdfast-observer") +
                                 table_field("capabilities", true_field("authentication_failure_close"));
  const std::string login = '\0' + user + '\0' + secret;
  return frame(Method::start_ok,
               long_text(properties) + short_text("PLAIN") + long_text(login) + short_text("en_US"));
}

std::string tune_ok(const Tune& offered) {
  return frame(Method::tune_ok,
               number(offered.most_channels) + number(offered.longest_frame) + number(std::uint16_t{0}));
}

std::string open(const std::string& vhost) {
  return frame(Method::open, short_text(vhost) + short_text("") + '\0');
}

std::string close() {
  constexpr std::uint16_t reply_success = 200;
  return frame(Method::close, number(reply_success) + short_text("looked") + number(std::uint32_t{0}));
}

std::string close_ok() {
  return frame(Method::close_ok, {});
}

} // namespace holdfast::observer::amqp
