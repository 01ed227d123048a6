#include "observer/url.h"

#include "base/number.h"
#include "observer/connect.h"

#include <algorithm>
#include <cctype>

namespace holdfast::observer {
namespace {

bool is_visible_ascii(char c) {
  return c > ' ' && c < '\x7f';
}

std::uint16_t default_port(bool is_tls) {
  return is_tls ? 443 : 80;
}

/// The authority of a URL is a target as of any other probe, whose port may be left out.
bool has_port(std::string_view authority) {
  const auto bracket = authority.rfind(']');
  return authority.find(':', bracket == std::string_view::npos ? 0 : bracket) != std::string_view::npos;
}

} // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
  return port == default_port(is_tls) ? name : name + ':' + std::to_string(port);
}

Result<Url> url_of(std::string_view text) {
  constexpr std::string_view plain = "http://";
  constexpr std::string_view tls = "https://";
  Url url;
  url.is_tls = text.starts_with(tls);
  if (!url.is_tls && !text.starts_with(plain)) return Error{"a URL begins with http:// or https://"};
  if (!std::all_of(text.begin(), text.end(), is_visible_ascii))
    return Error{"a URL has neither blanks nor characters beyond ASCII"};
  text.remove_prefix(url.is_tls ? tls.size() : plain.size());
  text = text.substr(0, text.find('#'));
  const auto end = std::min(text.find_first_of("/?"), text.size());
  std::string authority(text.substr(0, end));
  if (authority.find('@') != std::string::npos) return Error{"a URL here has no user in it"};
  if (!has_port(authority)) authority += ':' + std::to_string(default_port(url.is_tls));
  const auto place = place_of(authority);
  if (!place || !place.value().path.empty()) return Error{"no HOST or HOST:PORT in the URL"};
  url.host = place.value().host;
  url.port = place.value().port;
  if (end < text.size()) url.path = text.substr(end);
  if (url.path.starts_with('?')) url.path.insert(0, 1, '/');
  return url;
}

std::string below(const Url& base, std::string_view path) {
  std::string_view front = std::string_view(base.path).substr(0, base.path.find('?'));
  while (front.ends_with('/'))
    front.remove_suffix(1);
  return std::string(front).append(path);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view unreserved = "-._~";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) != 0 || unreserved.find(c) != std::string_view::npos)) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += digits[byte >> 4U];
      encoded += digits[byte & 0xfU];
    }
  }
  return encoded;
}

} // namespace holdfast::observer
