#include "config/url.h"

#include <charconv>

namespace holdfast::config {

std::string Url::address() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Url parse_url(std::string_view text) {
  Url url;
  url.secure = text.starts_with("https://");
  url.port = url.secure ? 443 : 80;
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  url.authority = text.substr(0, text.find_first_of("/?#"));
  std::string_view host = url.authority;
  const auto colon = host.rfind(':');
  const auto bracket = host.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    std::from_chars(host.data() + colon + 1, host.data() + host.size(), url.port);
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  url.host = host;
  return url;
}

} // namespace holdfast::config
