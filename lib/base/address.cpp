#include "base/address.h"

#include "base/number.h"

#include <cerrno>

namespace holdfast {

Result<PeerAddress> peer_address_of(std::string_view target) {
  constexpr std::string_view unix_prefix = "unix:";
  PeerAddress address;
  if (target.starts_with(unix_prefix)) {
    address.path = target.substr(unix_prefix.size());
    if (!address.path.starts_with('/')) return Error{"unix: needs an absolute path", EINVAL};
    return address;
  }
  const auto colon = target.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return Error{"no HOST:PORT and no unix:/path", EINVAL};
  std::string_view host = target.substr(0, colon);
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!is_bracketed && host.find(':') != std::string_view::npos))
    return Error{"an IPv6 address stands in brackets: [::1]:5432", EINVAL};
  const auto port = whole_number<std::uint16_t>(target.substr(colon + 1));
  if (!port || *port == 0) return Error{"no port between 1 and 65535", EINVAL};
  address.host = host;
  address.port = *port;
  return address;
}

} // namespace holdfast
