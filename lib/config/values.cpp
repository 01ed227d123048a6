#include "config/values.h"

#include "base/number.h"
#include "base/signals.h"
#include "base/url.h"
#include "config/suggest.h"
#include "wire/observer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <re2/re2.h>
#include <span>

namespace holdfast::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view digits = "0123456789";

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array time_units = {
    Unit{"ms", std::chrono::nanoseconds(1ms).count()}, Unit{"s", std::chrono::nanoseconds(1s).count()},
    Unit{"m", std::chrono::nanoseconds(1min).count()}, Unit{"h", std::chrono::nanoseconds(1h).count()},
    Unit{"d", std::chrono::nanoseconds(24h).count()}};

constexpr std::array size_units = {Unit{"KiB", 1LL << 10}, Unit{"MiB", 1LL << 20}, Unit{"GiB", 1LL << 30},
                                   Unit{"TiB", 1LL << 40}};

/// A number of digits with one of `units` behind it, times the unit's factor.
Parsed<std::int64_t> with_unit(std::string_view text, std::span<const Unit> units, const std::string& hint) {
  const std::size_t end = std::min(text.find_first_not_of(digits), text.size());
  const auto number = whole_number<std::int64_t>(text.substr(0, end));
  const std::string_view unit = text.substr(end);
  if (number && unit.empty()) return Flaw{in_quotes(text) + " has no unit", hint};
  const auto known = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == unit; });
  if (number && known == units.end())
    return Flaw{"unknown unit " + in_quotes(unit) + " in " + in_quotes(text), hint};
  if (end == 0 || known == units.end()) return Flaw{in_quotes(text) + " is not a number with a unit", hint};
  if (!number || *number > std::numeric_limits<std::int64_t>::max() / known->factor)
    return Flaw{in_quotes(text) + " is too large", {}};
  return *number * known->factor;
}

bool only(std::string_view text, std::string_view first, std::string_view rest) {
  return !text.empty() && first.find(text.front()) != std::string_view::npos &&
         text.find_first_not_of(rest) == std::string_view::npos;
}

} // namespace

Parsed<Duration> parse_duration(std::string_view text) {
  const auto value = with_unit(text, time_units, "write it like 1500ms, 30s, 10m, 2h or 7d");
  if (const auto* flaw = std::get_if<Flaw>(&value)) return *flaw;
  return Duration(std::get<std::int64_t>(value));
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  const auto value = with_unit(text, size_units, "write it like 512MiB; units are KiB, MiB, GiB and TiB");
  if (const auto* flaw = std::get_if<Flaw>(&value)) return *flaw;
  return static_cast<std::uint64_t>(std::get<std::int64_t>(value));
}

Parsed<unsigned> parse_share(std::string_view text) {
  const auto number =
      text.ends_with('%') ? whole_number<unsigned>(text.substr(0, text.size() - 1)) : std::nullopt;
  if (!number) return Flaw{in_quotes(text) + " is not a share", "write it like 20%"};
  return *number;
}

Parsed<Count> parse_count(std::string_view text) {
  const Flaw flaw{in_quotes(text) + " is not a count", "write it like 5 in 10m"};
  constexpr std::string_view separator = " in ";
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return flaw;
  const auto number = whole_number<unsigned>(text.substr(0, at));
  const auto window = parse_duration(text.substr(at + separator.size()));
  const auto* duration = std::get_if<Duration>(&window);
  if (!number || duration == nullptr || *duration <= 0s) return flaw;
  return Count{*number, *duration};
}

Parsed<std::int64_t> parse_integer(std::string_view text) {
  std::string_view rest = text;
  int base = 10;
  if (text.starts_with("0o")) base = 8;
  if (text.starts_with("0x")) base = 16;
  if (base != 10)
    rest.remove_prefix(2);
  else if (text.starts_with('+'))
    rest.remove_prefix(1);
  const bool two_signs = rest.size() != text.size() && rest.starts_with('-');
  const auto number = whole_number<std::int64_t>(rest, base);
  if (!number || two_signs) return Flaw{in_quotes(text) + " is not a whole number", {}};
  return *number;
}

Parsed<double> parse_decimal(std::string_view text) {
  double value = 0;
  const auto [end, bad] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (bad != std::errc{} || end != text.data() + text.size() || !(value >= 0) || !std::isfinite(value))
    return Flaw{in_quotes(text) + " is not a number", "write it like 2 or 1.5"};
  return value;
}

Parsed<unsigned> parse_mode(std::string_view text) {
  const auto mode = whole_number<unsigned>(text, 8);
  if (!mode || text.size() < 3 || text.size() > 4)
    return Flaw{in_quotes(text) + " is not a mode", "write it like 0750"};
  return *mode;
}

Parsed<int> parse_signal(std::string_view text) {
  if (const auto number = signal_number(text)) return *number;
  std::vector<std::string> names;
  for (int signal = 1; signal < 32; ++signal)
    names.push_back(signal_name(signal));
  std::string hint = did_you_mean(text, {names.begin(), names.end()});
  if (hint.empty() && signal_number("SIG" + std::string(text)))
    hint = "did you mean \"SIG" + std::string(text) + "\"?";
  return Flaw{"unknown signal " + in_quotes(text), hint.empty() ? "write it like SIGTERM" : hint};
}

Flaw check_line(std::string_view text) {
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (text.empty()) return {"the value is empty", {}};
  if (std::any_of(text.begin(), text.end(), control))
    return {in_quotes(text) + " has a control character", {}};
  return {};
}

Flaw check_expression(std::string_view text) {
  if (text.empty()) return {"the value is empty", {}};
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(wire::most_memory_of_expression);
  const RE2 expression(re2::StringPiece(text.data(), text.size()), options);
  if (expression.ok()) return {};
  return {in_quotes(text) + " is not a regular expression: " + expression.error(),
          "the syntax is that of RE2"};
}

Flaw check_name(std::string_view text) {
  constexpr std::string_view rest = "abcdefghijklmnopqrstuvwxyz0123456789-";
  if (only(text, lower, rest) && text.size() <= 63) return {};
  return {"bad name " + in_quotes(text),
          "a name is a small letter, then up to 62 small letters, digits and dashes"};
}

Flaw check_user(std::string_view text) {
  // Digits first could be taken for an id, and a name that does not resolve must never become one.
  constexpr std::string_view first = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  constexpr std::string_view rest = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  if (only(text, first, rest) && text.size() <= 32) return {};
  return {"bad name " + in_quotes(text), "the name of a user or group; numbers are not taken"};
}

Flaw check_path(std::string_view text) {
  if (!text.starts_with('/')) return {in_quotes(text) + " is not an absolute path", "it must begin with /"};
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (std::any_of(text.begin(), text.end(), control))
    return {in_quotes(text) + " has a control character", {}};
  if (text.size() > 4000) return {"a path of more than 4000 bytes", {}};
  for (std::string_view rest = text; !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view part = rest.substr(0, rest.find('/'));
    if (part == "." || part == "..")
      return {in_quotes(text) + " has a part " + in_quotes(part), "write the path out"};
    rest.remove_prefix(part.size());
  }
  return {};
}

Flaw check_url(std::string_view text) {
  const auto url = url_of(text);
  return url ? Flaw{} : Flaw{in_quotes(text) + " is not a URL", url.error().what};
}

Flaw check_host_port(std::string_view text) {
  const Flaw flaw{in_quotes(text) + " is not HOST:PORT", "write it like 127.0.0.1:443"};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return flaw;
  const auto port = whole_number<unsigned>(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) return flaw;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed)
    return only(host.substr(1, host.size() - 2), "0123456789abcdefABCDEF:", "0123456789abcdefABCDEF:.%")
               ? Flaw{}
               : flaw;
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  return only(host, letters, letters) ? Flaw{} : flaw;
}

Flaw check_address(std::string_view text) {
  constexpr std::string_view prefix = "unix:";
  if (text.starts_with(prefix)) return check_path(text.substr(prefix.size()));
  if (check_host_port(text).none()) return {};
  return {in_quotes(text) + " is not an address", "write it like 127.0.0.1:443 or unix:/path"};
}

Flaw check_capability(std::string_view text) {
  // capabilities(7), Linux 6.1.
  static const std::vector<std::string_view> known = {
      "CAP_AUDIT_CONTROL",   "CAP_AUDIT_READ",   "CAP_AUDIT_WRITE",
      "CAP_BLOCK_SUSPEND",   "CAP_BPF",          "CAP_CHECKPOINT_RESTORE",
      "CAP_CHOWN",           "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH",
      "CAP_FOWNER",          "CAP_FSETID",       "CAP_IPC_LOCK",
      "CAP_IPC_OWNER",       "CAP_KILL",         "CAP_LEASE",
      "CAP_LINUX_IMMUTABLE", "CAP_MAC_ADMIN",    "CAP_MAC_OVERRIDE",
      "CAP_MKNOD",           "CAP_NET_ADMIN",    "CAP_NET_BIND_SERVICE",
      "CAP_NET_BROADCAST",   "CAP_NET_RAW",      "CAP_PERFMON",
      "CAP_SETFCAP",         "CAP_SETGID",       "CAP_SETPCAP",
      "CAP_SETUID",          "CAP_SYSLOG",       "CAP_SYS_ADMIN",
      "CAP_SYS_BOOT",        "CAP_SYS_CHROOT",   "CAP_SYS_MODULE",
      "CAP_SYS_NICE",        "CAP_SYS_PACCT",    "CAP_SYS_PTRACE",
      "CAP_SYS_RAWIO",       "CAP_SYS_RESOURCE", "CAP_SYS_TIME",
      "CAP_SYS_TTY_CONFIG",  "CAP_WAKE_ALARM"};
  if (std::find(known.begin(), known.end(), text) != known.end()) return {};
  return {"unknown capability " + in_quotes(text), did_you_mean(text, known)};
}

Flaw check_unit(std::string_view text) {
  // systemd.unit(5): 255 characters, these, and a type behind the last dot. Of the types those that can start
  // a server.
  constexpr std::size_t longest = 255;
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
  constexpr std::array types = {".service", ".socket", ".timer", ".path", ".target"};
  const bool has_type = std::any_of(types.begin(), types.end(), [&](std::string_view type) {
    return text.size() > type.size() && text.ends_with(type);
  });
  if (has_type && text.size() <= longest && only(text, allowed, allowed)) return {};
  return {in_quotes(text) + " is not a unit of systemd", "write it like redis-server.service"};
}

Flaw check_variable(std::string_view text) {
  constexpr std::string_view first = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  constexpr std::string_view rest = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  if (!only(text, first, rest) || text.size() > 255)
    return {"bad name " + in_quotes(text), "a variable's name is letters, digits and _"};
  constexpr std::array<std::string_view, 7> ours = {"NOTIFY_SOCKET",  "LISTEN_FDS",   "LISTEN_PID",
                                                    "LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC",
                                                    "MAINPID"};
  if (std::find(ours.begin(), ours.end(), text) != ours.end())
    return {in_quotes(text) + " is set by Holdfast itself", "leave it out"};
  return {};
}

Flaw check_parameter(std::string_view text) {
  if (only(text, lower, "abcdefghijklmnopqrstuvwxyz0123456789_") && text.size() <= 63) return {};
  return {"bad name " + in_quotes(text), "a parameter's name is small letters, digits and _"};
}

Flaw check_program(const std::vector<std::string>& words) {
  if (words.empty() || words.front().empty())
    return {"the program is missing", "write its absolute path first"};
  if (!words.front().starts_with('/'))
    return {in_quotes(words.front()) + " is not an absolute path",
            "no search path is used; write where the program is"};
  return {};
}

} // namespace holdfast::config
