#include "base/result.h"

#include <system_error>

namespace holdfast {

Error Error::in(std::string_view context) const {
  return {std::string(context) + ": " + what, code};
}

Error system_error(std::string_view context, int code) {
  return {std::string(context) + ": " + std::generic_category().message(code), code};
}

} // namespace holdfast
