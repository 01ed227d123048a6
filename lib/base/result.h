#pragma once
// What the environment does to us is a value, not an exception: a Result<T> holds a T or an Error. What the
// programmer does wrong is an assertion.

#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace holdfast {

/// A failure in words an operator can act on. `code` is an errno value, 0 where no system call failed.
struct Error {
  std::string what;
  int code = 0;

  /// The same error with the circumstance in front: "context: what".
  [[nodiscard]] Error in(std::string_view context) const;
};

/// "context: strerror(code)".
[[nodiscard]] Error system_error(std::string_view context, int code);

template <typename T>
class [[nodiscard]] Result {
public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& value() & { return held<0>(state_); }
  [[nodiscard]] const T& value() const& { return held<0>(state_); }
  [[nodiscard]] T&& value() && { return std::move(held<0>(state_)); }
  [[nodiscard]] const Error& error() const { return held<1>(state_); }

private:
  /// Aborts where the other one is held, in every build: a mistake here must not read what is not there.
  template <std::size_t Index, typename State>
  static auto& held(State& state) {
    auto* const found = std::get_if<Index>(&state);
    if (found == nullptr) std::abort();
    return *found;
  }

  std::variant<T, Error> state_;
};

/// Success without a value.
struct Done {};
using Status = Result<Done>;

} // namespace holdfast
