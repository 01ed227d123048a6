#pragma once
// All keys of configuration.md as data: name, type, bounds, and whether what they ask for is built. The
// checks, the JSON schema, the commented example and the man page follow this table; a test holds them
// together.

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace holdfast::config {

struct Section;

enum class Type : std::uint8_t {
  section,    ///< keys of its own
  any,        ///< not described yet; its shape belongs to a later capability
  text,       ///< text by YAML 1.2's core types: a number must be quoted
  line,       ///< text without control characters
  expression, ///< a regular expression that RE2 takes
  word,       ///< text, number or boolean, taken as it is written
  name,       ///< [a-z][a-z0-9-]{0,62}
  user,       ///< of a user or group
  path,       ///< absolute
  url,        ///< http:// or https://
  address,    ///< HOST:PORT or unix:/path
  host_port,  ///< HOST:PORT
  boolean,
  yes, ///< only `true`
  integer,
  decimal,
  size,       ///< 512MiB
  duration,   ///< 30s
  share,      ///< 20%
  count,      ///< 5 in 10m
  mode,       ///< octal digits
  signal,     ///< SIGTERM
  capability, ///< CAP_NET_BIND_SERVICE
  unit,       ///< of systemd: redis-server.service
  program,    ///< a list of words, or one string that is split
  choice      ///< one of `choices`
};

enum class Shape : std::uint8_t {
  one,
  list,
  map,         ///< {NAME: value}
  map_or_names ///< {NAME: value}, or a list of names
};

/// What the names of a map are.
enum class NameRule : std::uint8_t { name, variable, parameter, free };

struct Choice {
  std::string_view word;
  bool supported = true;
};

struct Key {
  std::string_view name;
  Type type = Type::text;
  std::string_view about; ///< one line, for the schema
  Shape shape = Shape::one;
  NameRule names = NameRule::name;
  bool supported = true;
  bool required = false;                ///< in its section, whenever the section is there
  bool empty_allowed = false;           ///< of text and words
  const Section* section = nullptr;     ///< where type is section
  std::span<const Choice> choices = {}; ///< where type is choice
  std::int64_t least = 0;               ///< of integers, of shares in percent, of durations in ms
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::size_t longest = 1000; ///< elements of a list or map

  // So that a table reads as a sentence: key("umask", Type::mode, "…").not_yet()
  [[nodiscard]] constexpr Key not_yet() const { return with(&Key::supported, false); }
  [[nodiscard]] constexpr Key needed() const { return with(&Key::required, true); }
  [[nodiscard]] constexpr Key may_be_empty() const { return with(&Key::empty_allowed, true); }
  [[nodiscard]] constexpr Key as(Shape s) const { return with(&Key::shape, s); }
  [[nodiscard]] constexpr Key named(NameRule rule) const { return as(Shape::map).with(&Key::names, rule); }
  [[nodiscard]] constexpr Key of(const Section& keys) const { return with(&Key::section, &keys); }
  [[nodiscard]] constexpr Key of(std::span<const Choice> words) const { return with(&Key::choices, words); }
  [[nodiscard]] constexpr Key at_most(std::size_t elements) const { return with(&Key::longest, elements); }
  [[nodiscard]] constexpr Key in(std::int64_t from, std::int64_t to) const {
    return with(&Key::least, from).with(&Key::most, to);
  }

private:
  template <typename Member, typename Value>
  [[nodiscard]] constexpr Key with(Member member, Value value) const;
};

template <typename Member, typename Value>
constexpr Key Key::with(Member member, Value value) const {
  Key changed = *this;
  changed.*member = value;
  return changed;
}

constexpr Key key(std::string_view name, Type type, std::string_view about) {
  return Key{.name = name, .type = type, .about = about};
}

struct Section {
  std::span<const Key> keys;
  [[nodiscard]] const Key* find(std::string_view name) const;
};

/// Units of `in()` for durations.
constexpr std::int64_t seconds_in_ms = 1000;
constexpr std::int64_t day_in_ms = 24LL * 3600 * seconds_in_ms;

/// What sums over a chain of stop ladders are made of: with these bounds no sum of nanoseconds overflows.
constexpr std::int64_t longest_wait_in_ms = day_in_ms;
constexpr std::size_t most_rungs = 16;
constexpr std::size_t most_services = 1000;
constexpr std::size_t most_sockets_of_service = 32;
constexpr std::size_t most_log_files_of_service = 16;
/// So many are held.
constexpr std::size_t most_sockets = 256;

extern const Section stack_file;  ///< of holdfast.yaml and stack.d/*.yaml
extern const Section preset_file; ///< of presets/NAME.yaml
extern const Section service_keys;
extern const Section limit_keys;
extern const Section group_limit_keys; ///< those of limit_keys that are a cgroup's; stack.limits
extern const Section restart_keys;     ///< of stability.restart
extern const Section ready_keys;
extern const Section progress_keys;
extern const Section live_keys;
extern const Section tls_keys; ///< how a certificate is verified

/// The keys of a probe that say what it does; a probe has exactly one of them.
extern const std::span<const std::string_view> probe_kinds;

} // namespace holdfast::config
