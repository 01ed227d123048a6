#pragma once

#include "wire/observer.h"

#include <string>
#include <string_view>

namespace holdfast::observer {

/// The beginning of what a peer said, in one line and in quotes.
[[nodiscard]] std::string quoted(std::string_view said);

/// Words without the question's password, which a peer may have repeated: Redis does, where it does not know
/// AUTH. One that is the name of the user too stays: the words need the name.
[[nodiscard]] std::string without_password(std::string words, const wire::ProbeQuestion& question);

} // namespace holdfast::observer
