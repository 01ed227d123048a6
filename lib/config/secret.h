#pragma once

#include <string_view>

namespace holdfast::config {

/// Whether a variable's name says that its value is a secret which should not stand in the configuration.
/// One that names a file (…_FILE) holds none.
[[nodiscard]] bool names_secret(std::string_view variable);

/// Whether a value must not be shown: any name that could mean a secret, or a URL with a password in it. Errs
/// on the side of silence.
[[nodiscard]] bool may_be_secret(std::string_view name, std::string_view value);

} // namespace holdfast::config
