#pragma once

#include <string>

namespace holdfast::test {

/// The JSON schema of a configuration, made from the key table. config/holdfast.schema.json is its text.
[[nodiscard]] std::string schema_of_keys();

} // namespace holdfast::test
