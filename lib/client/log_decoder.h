#pragma once

#include "base/result.h"
#include "client/log_files.h"

#include <memory>
#include <span>
#include <string_view>

namespace holdfast::client {

/// Makes bytes of a compressed stream, a piece at a time, in memory that does not grow with it. Several
/// streams one behind the other are one.
class LogDecoder {
public:
  virtual ~LogDecoder() = default;
  LogDecoder(const LogDecoder&) = delete;
  LogDecoder& operator=(const LogDecoder&) = delete;

  /// Takes from the front of `in` and fills the front of `out`; what is left of both stays in them. An error
  /// says what is wrong with the stream.
  [[nodiscard]] virtual Status decode(std::string_view& in, std::span<char>& out) = 0;
  /// Whether a stream has come to its end and no other has begun: where it may end.
  [[nodiscard]] virtual bool complete() const = 0;
  /// To the beginning of another one.
  virtual void restart() = 0;

protected:
  LogDecoder() = default;
};

/// None for what is not compressed.
[[nodiscard]] std::unique_ptr<LogDecoder> make_decoder(wire::Compression packing);

} // namespace holdfast::client
