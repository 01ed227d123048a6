#include "model/why.h"

#include <utility>

namespace holdfast::model {

Why because(Cause cause, std::string text) {
  Why why;
  why.cause = cause;
  why.text = std::move(text);
  return why;
}

Why because(Cause cause, ServiceId other) {
  Why why;
  why.cause = cause;
  why.other = other;
  return why;
}

} // namespace holdfast::model
