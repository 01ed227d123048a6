#include "model/state.h"

namespace holdfast::model {

bool is_up(const Service& service) {
  const bool up =
      std::holds_alternative<Ready>(service.phase) || std::holds_alternative<Finished>(service.phase);
  return up && !service.leaving;
}

} // namespace holdfast::model
