#pragma once

#include "config/report.h"
#include "config/tree.h"

#include <map>
#include <string>

namespace holdfast::config {

/// `node` with ${NAME} replaced by its value inside strings; keys, numbers and places stay as they are. What
/// was put in is not looked at again. An unknown NAME is an error.
[[nodiscard]] NodePtr substitute(const NodePtr& node, const std::map<std::string, std::string>& values,
                                 const std::string& path, Report& report);

} // namespace holdfast::config
