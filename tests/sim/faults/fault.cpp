#include "fault.h"

#include <cstdlib>

namespace holdfast::model {

bool fault(int number) {
  static const char* const chosen = std::getenv("HOLDFAST_SIM_FAULT");
  static const int made = chosen == nullptr ? 0 : std::atoi(chosen);
  return number == made;
}

} // namespace holdfast::model
