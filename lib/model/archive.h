#pragma once
// Values as bytes and back. The same value gives the same bytes on every machine: numbers are varints
// (seven bits a byte, the lowest first; signed ones zigzag), texts and lists carry their length in front, a
// variant its index, an optional whether it is there, a struct its fields (fields.h).
//
// Reading trusts nothing. What comes out has lengths within the bytes that are left, enumerators that exist,
// places that are in the spec and times that can be reckoned with; the structs' own rules are in flaws.h.

#include "base/ids.h"
#include "base/time.h"
#include "model/fields.h"
#include "model/flaws.h"
#include "model/known.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace holdfast::model {

template <typename T, template <typename...> class Template>
constexpr bool is_a = false;
template <template <typename...> class Template, typename... Ts>
constexpr bool is_a<Template<Ts...>, Template> = true;

template <typename T>
concept HasFields = requires(T& value) {
  fields(value);
};
template <typename T>
concept Sequence = is_a<T, std::vector> || is_a<T, std::deque>;

/// Times beyond are none: what is reckoned with them stays within 64 bits.
constexpr std::int64_t longest_time = std::int64_t{1} << 61;

class Writer {
public:
  explicit Writer(std::size_t expected = 256) : bytes_(expected, '\0') {}

  template <typename T>
  void put(const T& value) {
    if constexpr (std::is_enum_v<T>)
      number(static_cast<std::uint64_t>(value));
    else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>)
      signed_number(value);
    else if constexpr (std::is_integral_v<T>)
      number(value);
    else if constexpr (std::is_same_v<T, Duration>)
      signed_number(value.count());
    else if constexpr (std::is_same_v<T, MonoTime>)
      moment(value);
    else if constexpr (std::is_same_v<T, WallTime>)
      signed_number(value.time_since_epoch().count());
    else if constexpr (std::is_same_v<T, ServiceId> || std::is_same_v<T, ConditionId>)
      number(value.index);
    else if constexpr (std::is_same_v<T, RunNumber>)
      number(value.value);
    else if constexpr (std::is_same_v<T, Now>)
      put_all(value.mono, value.wall, value.draw);
    else
      put_composed(value);
  }
  template <typename... Ts>
  void put_all(const Ts&... values) {
    (put(values), ...);
  }

  /// Bytes that whoever reads them finds by himself.
  void raw(std::string_view bytes) {
    if (bytes_.size() - used_ < bytes.size()) grow(bytes.size());
    bytes.copy(bytes_.data() + used_, bytes.size());
    used_ += bytes.size();
  }

  /// Good until the next change.
  [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), used_}; }
  /// Begins anew, in the same room.
  void clear() { used_ = 0; }
  [[nodiscard]] std::string take() {
    bytes_.resize(used_);
    used_ = 0;
    return std::move(bytes_);
  }

private:
  static constexpr std::size_t longest_number = 10;

  template <typename T>
  void put_composed(const T& value) {
    if constexpr (std::is_same_v<T, std::string>)
      text(value);
    else if constexpr (is_a<T, std::optional>) {
      put(value.has_value());
      if (value) put(*value);
    } else if constexpr (is_a<T, std::variant>) {
      number(value.index());
      std::visit([this](const auto& held) { put(held); }, value);
    } else if constexpr (Sequence<T> || is_a<T, std::map>) {
      number(value.size());
      for (const auto& each : value)
        put(each);
    } else if constexpr (is_a<T, std::pair>)
      put_all(value.first, value.second);
    else if constexpr (is_a<T, std::shared_ptr>)
      put(*value);
    else if constexpr (HasFields<const T>)
      std::apply([this](const auto&... each) { put_all(each...); }, fields(value));
    else
      static_assert(std::is_empty_v<T>, "a struct with fields has a line in fields.h");
  }

  void number(std::uint64_t value) {
    if (bytes_.size() - used_ < longest_number) grow(longest_number);
    char* const out = bytes_.data() + used_;
    std::size_t n = 0;
    for (; value >= 0x80; value >>= 7)
      out[n++] = static_cast<char>(value | 0x80);
    out[n++] = static_cast<char>(value);
    used_ += n;
  }
  void signed_number(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  /// `never` is 0 and takes a byte, as it is what most deadlines are.
  void moment(MonoTime value) {
    const auto count = static_cast<std::uint64_t>(value.time_since_epoch().count());
    number(value == never ? 0 : ((count << 1) ^ (count >> 63 != 0 ? ~std::uint64_t{} : 0)) + 1);
  }
  void text(std::string_view value) {
    number(value.size());
    raw(value);
  }
  void grow(std::size_t by) { bytes_.resize(2 * bytes_.size() + by); }

  std::string bytes_;
  std::size_t used_ = 0;
};

class Reader {
public:
  /// `bytes` are borrowed. `places`: what indices may refer to.
  Reader(std::string_view bytes, Places places) : bytes_(bytes), places_(places) {}

  /// After a failure values are whatever they are, and must not be used.
  template <typename T>
  void get(T& value) {
    if constexpr (std::is_same_v<T, bool>)
      value = number(1) != 0;
    else if constexpr (std::is_enum_v<T>)
      enumerator(value);
    else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>)
      value = static_cast<T>(signed_number(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    else if constexpr (std::is_integral_v<T>)
      value = static_cast<T>(number(std::numeric_limits<T>::max()));
    else if constexpr (std::is_same_v<T, Duration>)
      value = Duration(signed_number(-longest_time, longest_time));
    else if constexpr (std::is_same_v<T, MonoTime>)
      moment(value);
    else if constexpr (std::is_same_v<T, WallTime>)
      value = WallTime(Duration(signed_number(-longest_time, longest_time)));
    else if constexpr (std::is_same_v<T, ServiceId>)
      place(value.index, places_.services, "a service that is not in the configuration");
    else if constexpr (std::is_same_v<T, ConditionId>)
      place(value.index, places_.conditions, "a condition that is not in the configuration");
    else if constexpr (std::is_same_v<T, RunNumber>)
      value.value = number(std::numeric_limits<std::uint64_t>::max());
    else if constexpr (std::is_same_v<T, Now>)
      get_all(value.mono, value.wall, value.draw);
    else
      get_composed(value);
  }
  template <typename... Ts>
  void get_all(Ts&... values) {
    (get(values), ...);
  }

  void fail(std::string_view reason) {
    if (flaw_.empty()) flaw_ = reason;
    bytes_ = {};
  }
  /// What is wrong with the bytes; empty: nothing up to here.
  [[nodiscard]] std::string_view flaw() const { return flaw_; }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

private:
  template <typename T>
  void get_composed(T& value) {
    if constexpr (std::is_same_v<T, std::string>)
      text(value);
    else if constexpr (is_a<T, std::optional>) {
      if (number(1) != 0) get(value.emplace());
    } else if constexpr (is_a<T, std::variant>)
      alternative(value);
    else if constexpr (Sequence<T>)
      list(value);
    else if constexpr (is_a<T, std::map>)
      sorted(value);
    else if constexpr (std::is_same_v<T, std::shared_ptr<const StackSpec>>)
      spec(value);
    else if constexpr (HasFields<T>)
      structure(value);
    else
      static_assert(std::is_empty_v<T>, "a struct with fields has a line in fields.h");
  }

  template <typename T>
  void structure(T& value) {
    [[maybe_unused]] const Places places = places_;
    std::apply([this](auto&... each) { get_all(each...); }, fields(value));
    if constexpr (requires { flaw_of(value, places); })
      if (flaw_.empty())
        if (const std::string_view flaw = flaw_of(value, places); !flaw.empty()) fail(flaw);
  }

  /// A spec brings its own places, and what follows refers to them.
  void spec(std::shared_ptr<const StackSpec>& value) {
    auto read = std::make_shared<StackSpec>();
    places_ = anywhere;
    structure(*read);
    places_ = places_in(*read);
    value = std::move(read);
  }

  /// No more elements than bytes are left, each takes one at least.
  [[nodiscard]] std::size_t length() {
    const std::uint64_t length = number(std::numeric_limits<std::uint64_t>::max());
    if (length > bytes_.size()) fail("a length beyond the end");
    return flaw_.empty() ? length : 0;
  }

  template <typename T>
  void list(T& value) {
    value.clear();
    for (std::size_t n = length(); n > 0 && flaw_.empty(); --n)
      get(value.emplace_back());
  }

  template <typename T>
  void sorted(T& value) {
    value.clear();
    for (std::size_t n = length(); n > 0 && flaw_.empty(); --n) {
      std::pair<typename T::key_type, typename T::mapped_type> each;
      get_all(each.first, each.second);
      if (!value.empty() && each.first <= value.rbegin()->first) fail("a table out of order");
      value.insert(value.end(), std::move(each));
    }
  }

  template <typename... Ts>
  void alternative(std::variant<Ts...>& value) {
    using Read = void (*)(Reader&, std::variant<Ts...>&);
    constexpr Read reads[] = {
        [](Reader& reader, std::variant<Ts...>& to) { reader.get(to.template emplace<Ts>()); }...};
    const std::uint64_t index = number(std::numeric_limits<std::uint64_t>::max());
    if (index >= sizeof...(Ts)) return fail("a kind of thing that does not exist");
    if (flaw_.empty()) reads[index](*this, value);
  }

  template <typename T>
  void enumerator(T& value) {
    value = static_cast<T>(number(std::numeric_limits<std::underlying_type_t<T>>::max()));
    if (!known(value)) fail("a value that does not exist");
  }

  void place(std::uint32_t& index, std::uint32_t places, std::string_view reason) {
    index = static_cast<std::uint32_t>(number(std::numeric_limits<std::uint32_t>::max()));
    // The first is also what is named where none is meant.
    if (index != 0 && index >= places) fail(reason);
  }

  void moment(MonoTime& value);
  void text(std::string& value);
  [[nodiscard]] std::uint64_t number(std::uint64_t most);
  [[nodiscard]] std::int64_t signed_number(std::int64_t least, std::int64_t most);

  std::string_view bytes_;
  Places places_;
  std::string_view flaw_;
};

} // namespace holdfast::model
