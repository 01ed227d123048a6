#pragma once

#include "linux/log_rules.h"
#include "model/spec.h"

namespace holdfast::engine {

[[nodiscard]] inline linux_os::LogRules log_rules(const model::StackSpec& stack) {
  return {.rotation = {.size = stack.rotate_size, .every = stack.rotate_every},
          .when_full = stack.log_when_full == model::LogWhenFull::block ? linux_os::LogWhenFull::block
                                                                        : linux_os::LogWhenFull::drop,
          .to_journal = stack.log_forward == model::LogForward::journal};
}

} // namespace holdfast::engine
