#include "config/bounds.h"

#include <array>
#include <string>

namespace holdfast::config {
namespace {

struct Unit {
  std::int64_t factor;
  std::string_view name;
};

constexpr std::array time_units = {Unit{day_in_ms, "d"}, Unit{day_in_ms / 24, "h"}, Unit{60'000, "m"},
                                   Unit{1000, "s"}};
constexpr std::array size_units = {Unit{1LL << 40, "TiB"}, Unit{1LL << 30, "GiB"}, Unit{1LL << 20, "MiB"}};

template <std::size_t N>
std::string in_units(std::int64_t value, const std::array<Unit, N>& units, std::int64_t least,
                     std::string_view name) {
  if (value != 0)
    for (const Unit& unit : units)
      if (value % unit.factor == 0) return std::to_string(value / unit.factor) + std::string(unit.name);
  return std::to_string(value / least) + std::string(name);
}

std::string octal(std::int64_t value) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04llo", static_cast<unsigned long long>(value));
  return text.data();
}

std::string shown(Type type, std::int64_t value) {
  if (type == Type::duration) return in_units(value, time_units, 1, "ms");
  if (type == Type::size) return in_units(value, size_units, 1024, "KiB");
  if (type == Type::share) return std::to_string(value) + "%";
  if (type == Type::mode) return octal(value);
  return std::to_string(value);
}

Flaw outside(const Key& key, std::string_view text) {
  return {in_quotes(text) + " is out of range",
          "from " + shown(key.type, key.least) + " to " + shown(key.type, key.most)};
}

template <typename T, typename Number>
Flaw judge(const Key& key, std::string_view text, const Parsed<T>& value, Number number) {
  if (const auto* flaw = std::get_if<Flaw>(&value)) return *flaw;
  const auto n = number(std::get<T>(value));
  if (n < key.least || n > key.most) return outside(key, text);
  return {};
}

} // namespace

Flaw within(const Key& key, std::string_view text, const Parsed<std::int64_t>& value) {
  return judge(key, text, value, [](std::int64_t n) { return n; });
}

Flaw within(const Key& key, std::string_view text, const Parsed<double>& value) {
  if (const auto* flaw = std::get_if<Flaw>(&value)) return *flaw;
  const double n = std::get<double>(value);
  if (n <= static_cast<double>(key.least) || n > static_cast<double>(key.most))
    return {in_quotes(text) + " is out of range", "more than " + std::to_string(key.least)};
  return {};
}

Flaw within(const Key& key, std::string_view text, const Parsed<std::uint64_t>& value) {
  return judge(key, text, value, [](std::uint64_t n) { return static_cast<std::int64_t>(n); });
}

Flaw within(const Key& key, std::string_view text, const Parsed<Duration>& value) {
  // Rounded up: half a millisecond too much is too much.
  return judge(key, text, value,
               [](Duration d) { return std::chrono::ceil<std::chrono::milliseconds>(d).count(); });
}

Flaw within(const Key& key, std::string_view text, const Parsed<unsigned>& value) {
  return judge(key, text, value, [](unsigned n) { return std::int64_t{n}; });
}

Flaw within(const Key& key, std::string_view text, const Parsed<Count>& value) {
  return judge(key, text, value, [](const Count& c) { return std::int64_t{c.number}; });
}

} // namespace holdfast::config
