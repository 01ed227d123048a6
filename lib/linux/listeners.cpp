#include "linux/listeners.h"

#include "base/file.h"
#include "base/number.h"
#include "linux/cgroup.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <bit>
#include <cstring>
#include <filesystem>
#include <sstream>

namespace holdfast::linux_os {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_bytes = 64U << 20U;
constexpr std::string_view unix_prefix = "unix:";

std::vector<std::string> words(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> all;
  for (std::string word; in >> word;)
    all.push_back(std::move(word));
  return all;
}

/// The kernel prints each 32 bits of an address as the number that the machine sees in them.
std::optional<std::string> address_of(std::string_view hex) {
  constexpr std::size_t digits = 8;
  std::array<std::uint32_t, 4> parts{};
  if (hex.size() != digits && hex.size() != 4 * digits) return std::nullopt;
  for (std::size_t i = 0; i * digits < hex.size(); ++i) {
    const auto part = whole_number<std::uint32_t>(hex.substr(i * digits, digits), 16);
    if (!part) return std::nullopt;
    parts[i] = *part;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(hex.size() == digits ? AF_INET : AF_INET6, parts.data(), text.data(), text.size());
  return text.data();
}

/// "local_address" in the second column, "st" in the fourth, the inode in the tenth.
std::optional<ListeningSocket> parse_tcp_line(const std::string& line) {
  constexpr std::string_view listening = "0A";
  const auto fields = words(line);
  if (fields.size() < 10 || fields[3] != listening) return std::nullopt;
  const std::string_view local = fields[1];
  const std::size_t colon = local.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = address_of(local.substr(0, colon));
  const auto port = whole_number<std::uint16_t>(local.substr(colon + 1), 16);
  const auto inode = whole_number<std::uint64_t>(fields[9]);
  if (!address || !port || !inode) return std::nullopt;
  return ListeningSocket{.address = *address, .port = *port, .inode = *inode};
}

/// "Num RefCount Protocol Flags Type St Inode Path"; the flag is __SO_ACCEPTCON.
std::optional<ListeningSocket> parse_unix_line(const std::string& line) {
  constexpr unsigned accepts = 0x10000;
  const auto fields = words(line);
  if (fields.size() < 8 || (whole_number<unsigned>(fields[3], 16).value_or(0) & accepts) == 0)
    return std::nullopt;
  const auto inode = whole_number<std::uint64_t>(fields[6]);
  if (!inode) return std::nullopt;
  return ListeningSocket{.address = line.substr(line.find(fields[7])), .port = 0, .inode = *inode};
}

template <typename ParseLine>
std::vector<ListeningSocket> each_line(std::string_view text, ParseLine parse) {
  std::istringstream in{std::string(text)};
  std::vector<ListeningSocket> found;
  for (std::string line; std::getline(in, line);)
    if (auto socket = parse(line)) found.push_back(std::move(*socket));
  return found;
}

bool is_wildcard(std::string_view address) {
  return address == "0.0.0.0" || address == "::";
}

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  return ::inet_pton(AF_INET, text.c_str(), parsed.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), parsed.data()) == 1;
}

/// An IPv4 address in the form that programs with sockets for both versions use.
std::string_view unmapped(std::string_view address) {
  constexpr std::string_view mapped = "::ffff:";
  return address.starts_with(mapped) && address.find('.') != std::string_view::npos
             ? address.substr(mapped.size())
             : address;
}

bool is_loopback(std::string_view address) {
  return address == "127.0.0.1" || address == "::1";
}

Result<std::vector<ListeningSocket>> all_listeners() {
  std::vector<ListeningSocket> all;
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6", "/proc/net/unix"}) {
    const auto text = read_file(file, most_bytes);
    if (!text && text.error().code == ENOENT) continue; // a kernel without IPv6
    if (!text) return text.error();
    auto found = std::string_view(file).ends_with("unix") ? parse_unix_listeners(text.value())
                                                          : parse_tcp_listeners(text.value());
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  return all;
}

bool holds(const fs::path& process, const std::string& socket) {
  std::error_code error;
  for (fs::directory_iterator at(process / "fd", error), end; !error && at != end; at.increment(error)) {
    std::error_code gone;
    if (fs::read_symlink(at->path(), gone) == socket && !gone) return true;
  }
  return false;
}

Holder find_holder(std::uint64_t inode) {
  const std::string socket = "socket:[" + std::to_string(inode) + "]";
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const auto pid = whole_number<int>(at->path().filename().native());
    if (!pid || !holds(at->path(), socket)) continue;
    const auto name = read_file(at->path() / "comm", most_bytes);
    const auto cgroup = cgroup_of(*pid);
    return {.pid = *pid,
            .name = name ? name.value().substr(0, name.value().find('\n')) : std::string(),
            .cgroup = cgroup ? cgroup.value() : std::string()};
  }
  return {};
}

} // namespace

std::vector<ListeningSocket> parse_tcp_listeners(std::string_view text) {
  return each_line(text, parse_tcp_line);
}

std::vector<ListeningSocket> parse_unix_listeners(std::string_view text) {
  return each_line(text, parse_unix_line);
}

bool takes(const ListeningSocket& socket, std::string_view address) {
  if (address.starts_with(unix_prefix))
    return socket.port == 0 && socket.address == address.substr(unix_prefix.size());
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || socket.port == 0) return false;
  if (whole_number<std::uint16_t>(address.substr(colon + 1)) != socket.port) return false;
  std::string host(address.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (is_wildcard(host) || is_wildcard(socket.address)) return true;
  if (host == "localhost") return is_loopback(unmapped(socket.address));
  return !is_address(host) || unmapped(host) == unmapped(socket.address);
}

Result<std::optional<Holder>> holder_of(std::string_view address) {
  const auto sockets = all_listeners();
  if (!sockets) return sockets.error();
  const auto taken = std::find_if(sockets.value().begin(), sockets.value().end(),
                                  [&](const ListeningSocket& socket) { return takes(socket, address); });
  if (taken == sockets.value().end()) return std::optional<Holder>();
  return std::optional(find_holder(taken->inode));
}

} // namespace holdfast::linux_os
