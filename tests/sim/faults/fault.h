#pragma once
// Compiled into the copy of the model that `weave` makes, and into nothing else.

namespace holdfast::model {

/// Whether this one of the list is to be made, counted from 1.
[[nodiscard]] bool fault(int number);

} // namespace holdfast::model
