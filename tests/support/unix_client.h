#pragma once

#include "base/fd.h"
#include "support/deadline.h"

#include <string>

namespace holdfast::test {

/// A client of a stream socket that says what a well-behaved one would not.
class UnixClient {
public:
  /// Connects; throws when nobody listens.
  explicit UnixClient(const std::string& path);
  /// Sends as much as the other end takes: one that hangs up in the middle is no error.
  void send(const std::string& bytes) const;
  /// What the other end says up to a newline or its end. Throws when neither comes in time.
  [[nodiscard]] std::string line(Milliseconds within) const;

private:
  Fd socket_;
};

} // namespace holdfast::test
