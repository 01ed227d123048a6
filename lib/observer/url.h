#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::observer {

/// http://HOST[:PORT][/PATH][?QUERY], or https.
struct Url {
  bool is_tls = false;
  std::string host{}; ///< an IPv6 address without its brackets
  std::uint16_t port = 80;
  std::string path = "/"; ///< with the query
  bool operator==(const Url&) const = default;

  /// What a client sends as Host: without the port where it is the scheme's own.
  [[nodiscard]] std::string authority() const;
};

/// Refused: any other scheme, a user or password in it, characters that no URL has.
[[nodiscard]] Result<Url> url_of(std::string_view text);

/// The URL's path with another behind it, which begins with a slash: for a base that an operator may give
/// with or without one at its end.
[[nodiscard]] std::string below(const Url& base, std::string_view path);

/// For one segment of a path or one value of a query: all but letters, digits and -._~ as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

} // namespace holdfast::observer
