#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

/// http://HOST[:PORT][/PATH][?QUERY], or https.
struct Url {
  bool is_tls = false;
  std::string host{}; ///< an IPv6 address without its brackets
  std::uint16_t port = 80;
  std::string path = "/"; ///< with the query
  bool operator==(const Url&) const = default;

  /// What a client sends as Host: without the port where it is the scheme's own.
  [[nodiscard]] std::string authority() const;
  /// HOST:PORT, an IPv6 address in brackets.
  [[nodiscard]] std::string address() const;
};

/// Refused, in words about "a URL": any other scheme, a user or password in it, no host, a port that is none,
/// characters that no URL has (RFC 3986). A fragment is left out.
[[nodiscard]] Result<Url> url_of(std::string_view text);

} // namespace holdfast
