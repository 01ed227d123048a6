#pragma once
// A start of a stack as a picture in text: who waited, started and was ready, and when.

#include "support/events.h"

#include <map>
#include <string>
#include <vector>

namespace holdfast::test {

/// From the first event to the last verdict, a line a service: '.' it waits, '=' it starts, '#' it is ready.
/// With the seconds of each start.
[[nodiscard]] std::string chart(const std::vector<StackEvent>& events);

/// How long each service's first start took, in seconds.
[[nodiscard]] std::map<std::string, double> start_seconds(const std::vector<StackEvent>& events);

} // namespace holdfast::test
