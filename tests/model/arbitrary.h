#pragma once
// Values of any type that is saved or recorded, made at random through the same list of fields; each field
// with a value that it does not have by default.

#include "imperfect.h"
#include "model/archive.h"

#include <memory>
#include <string>

namespace holdfast::model::test {

class Arbitrary {
public:
  Arbitrary(Dice& dice, Places places) : dice_(dice), places_(places) {}

  template <typename T>
  [[nodiscard]] T make() {
    T value{};
    fill(value);
    return value;
  }

  template <typename T>
  void fill(T& value) {
    if constexpr (std::is_same_v<T, bool>)
      value = !value;
    else if constexpr (std::is_enum_v<T>)
      do
        value = static_cast<T>(dice_.below(64));
      while (!known(value));
    else if constexpr (std::is_integral_v<T>)
      value = static_cast<T>(1 + dice_.below(1000));
    else if constexpr (std::is_same_v<T, Duration>)
      value = Duration(1 + static_cast<std::int64_t>(dice_.below(1ULL << 50)));
    else if constexpr (std::is_same_v<T, MonoTime> || std::is_same_v<T, WallTime>)
      value = T(make<Duration>());
    else if constexpr (std::is_same_v<T, ServiceId>)
      value.index = static_cast<std::uint32_t>(dice_.below(places_.services));
    else if constexpr (std::is_same_v<T, ConditionId>)
      value.index = static_cast<std::uint32_t>(dice_.below(places_.conditions));
    else if constexpr (std::is_same_v<T, RunNumber>)
      value.value = 1 + dice_.below(~0ULL);
    else if constexpr (std::is_same_v<T, Now>)
      fill_all(value.mono, value.wall, value.draw);
    else
      fill_composed(value);
  }
  template <typename... Ts>
  void fill_all(Ts&... values) {
    (fill(values), ...);
  }

private:
  template <typename T>
  void fill_composed(T& value) {
    if constexpr (std::is_same_v<T, std::string>)
      value = "text " + std::to_string(dice_.below(1000)) + std::string(dice_.below(3), '\0');
    else if constexpr (is_a<T, std::optional>)
      fill(value.emplace());
    else if constexpr (is_a<T, std::variant>)
      alternative(value, dice_.below(std::variant_size_v<T>));
    else if constexpr (Sequence<T>) {
      value.clear();
      for (std::uint64_t n = 1 + dice_.below(3); n > 0; --n)
        fill(value.emplace_back());
    } else if constexpr (is_a<T, std::map>)
      for (std::uint64_t n = 1 + dice_.below(3); n > 0; --n)
        value[make<typename T::key_type>()] = make<typename T::mapped_type>();
    else if constexpr (std::is_same_v<T, std::shared_ptr<const StackSpec>>)
      value = std::make_shared<const StackSpec>(spec());
    else if constexpr (HasFields<T>)
      std::apply([this](auto&... each) { fill_all(each...); }, fields(value));
  }

  template <typename... Ts>
  void alternative(std::variant<Ts...>& value, std::uint64_t index) {
    std::uint64_t i = 0;
    static_cast<void>(((i++ == index ? (fill(value.template emplace<Ts>()), true) : false) || ...));
  }

  /// A valid one with as many services and conditions as there are places.
  StackSpec spec() {
    StackSpec stack;
    fill_composed(stack);
    stack.services.resize(places_.services);
    stack.conditions.resize(places_.conditions);
    for (std::uint32_t i = 0; i < places_.services; ++i) {
      fill(stack.services[i]);
      stack.services[i].needs = {};
      for (std::uint32_t on = 0; on < i; ++on)
        stack.services[i].needs.push_back({.on = {on}, .restart = true, .soft = true});
    }
    for (Condition& condition : stack.conditions)
      fill(condition);
    return stack;
  }

  Dice& dice_;
  Places places_;
};

} // namespace holdfast::model::test
