#include "base/url.h"

#include "base/address.h"

#include <algorithm>

namespace holdfast {
namespace {

/// RFC 3986 has all others, some of them in certain places alone.
bool may_be_in_url(char c) {
  constexpr std::string_view never = "\"<>\\^`{|}";
  return c > ' ' && c < '\x7f' && never.find(c) == std::string_view::npos;
}

std::uint16_t default_port(bool is_tls) {
  return is_tls ? 443 : 80;
}

std::string in_brackets(const std::string& host) {
  return host.find(':') == std::string::npos ? host : '[' + host + ']';
}

/// The authority of a URL is a target as of any other probe, whose port may be left out.
bool has_port(std::string_view authority) {
  const auto bracket = authority.rfind(']');
  return authority.find(':', bracket == std::string_view::npos ? 0 : bracket) != std::string_view::npos;
}

} // namespace

std::string Url::authority() const {
  return port == default_port(is_tls) ? in_brackets(host) : address();
}

std::string Url::address() const {
  return in_brackets(host) + ':' + std::to_string(port);
}

Result<Url> url_of(std::string_view text) {
  constexpr std::string_view plain = "http://";
  constexpr std::string_view tls = "https://";
  Url url;
  url.is_tls = text.starts_with(tls);
  if (!url.is_tls && !text.starts_with(plain)) return Error{"a URL begins with https:// or http://"};
  if (!std::all_of(text.begin(), text.end(), may_be_in_url))
    return Error{"a URL has neither blanks nor characters beyond ASCII, nor any of \"<>\\^`{|}"};
  text.remove_prefix(url.is_tls ? tls.size() : plain.size());
  text = text.substr(0, text.find('#'));
  const auto end = std::min(text.find_first_of("/?"), text.size());
  std::string authority(text.substr(0, end));
  if (authority.find('@') != std::string::npos) return Error{"a URL here has no user in it"};
  if (!has_port(authority)) authority += ':' + std::to_string(default_port(url.is_tls));
  const auto address = peer_address_of(authority);
  if (!address || !address.value().path.empty())
    return Error{"a URL has a HOST or HOST:PORT, the port between 1 and 65535"};
  url.host = address.value().host;
  url.port = address.value().port;
  if (end < text.size()) url.path = text.substr(end);
  if (url.path.starts_with('?')) url.path.insert(0, 1, '/');
  return url;
}

} // namespace holdfast
