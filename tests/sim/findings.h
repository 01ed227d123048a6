#pragma once

#include "base/ids.h"
#include "model/stack.h"

#include <string>

namespace holdfast::sim {

/// What a step did that it must not do. Costs nothing while there is none.
class Findings {
public:
  [[nodiscard]] bool any() const { return !text_.empty(); }
  [[nodiscard]] const std::string& text() const { return text_; }
  void add(const std::string& what) { text_ += (text_.empty() ? "" : "; ") + what; }
  void add(const model::Stack& stack, ServiceId service, const std::string& what) {
    add(stack.spec(service).name + ": " + what);
  }
  void clear() { text_.clear(); }

private:
  std::string text_;
};

} // namespace holdfast::sim
