#pragma once
// The key table as a flat list, to compare the schema, the example and the man page with it.

#include "config/keys.h"

#include <map>
#include <string>

namespace holdfast::test {

/// Every key of the table by its path, names of maps written NAME, elements of lists like their list:
/// "services.NAME.stop.signal". The value tells whether it is itself supported, whatever it stands in.
[[nodiscard]] std::map<std::string, bool> key_paths(const config::Section& section);

} // namespace holdfast::test
