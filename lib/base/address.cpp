#include "base/address.h"

#include "base/number.h"

#include <arpa/inet.h>
#include <array>
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

Result<PeerAddress> listening_address_of(std::string_view text) {
  auto address = peer_address_of(text);
  if (!address || !address.value().path.empty()) return address;
  std::string& host = address.value().host;
  for (const int family : {AF_INET, AF_INET6}) {
    std::array<unsigned char, sizeof(in6_addr)> parsed{};
    std::array<char, INET6_ADDRSTRLEN> written{};
    if (::inet_pton(family, host.c_str(), parsed.data()) != 1) continue;
    host = ::inet_ntop(family, parsed.data(), written.data(), written.size());
    return address;
  }
  return Error{"\"" + host + "\" is not an address of IPv4 or IPv6", EINVAL};
}

std::string written(const PeerAddress& address) {
  if (!address.path.empty()) return "unix:" + address.path;
  const std::string host = is_v6(address) ? "[" + address.host + "]" : address.host;
  return host + ":" + std::to_string(address.port);
}

bool is_v6(const PeerAddress& address) {
  return address.host.find(':') != std::string::npos;
}

bool is_any_host(const PeerAddress& address) {
  return address.host == "0.0.0.0" || address.host == "::";
}

bool overlap(const PeerAddress& a, const PeerAddress& b) {
  if (!a.path.empty() || !b.path.empty()) return a.path == b.path;
  if (a.port != b.port || is_v6(a) != is_v6(b)) return false;
  return a.host == b.host || is_any_host(a) || is_any_host(b);
}

} // namespace holdfast
