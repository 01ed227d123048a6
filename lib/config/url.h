#pragma once

#include <string>
#include <string_view>

namespace holdfast::config {

/// A URL that check_url() has nothing against, in parts.
struct Url {
  bool secure = false;   ///< https
  std::string authority; ///< as it is written: HOST or HOST:PORT
  std::string host;      ///< without brackets and port
  unsigned port = 0;     ///< the scheme's own where none is written
  /// HOST:PORT, an IPv6 address in brackets.
  [[nodiscard]] std::string address() const;
};

[[nodiscard]] Url parse_url(std::string_view text);

} // namespace holdfast::config
