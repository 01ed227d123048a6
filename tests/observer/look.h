#pragma once

#include "observer/probe.h"

#include <ostream>

namespace holdfast::observer {
inline bool operator==(const Answer& one, const Answer& other) {
  return one.verdict == other.verdict && one.said == other.said;
}
std::ostream& operator<<(std::ostream& out, const Answer& answer);
} // namespace holdfast::observer

namespace holdfast::test {

/// One look, in a loop of its own. Throws when there is no answer within 30 s, or when there was one from
/// within the call that began the probe.
[[nodiscard]] observer::Answer look(observer::Begin begin, const wire::ProbeQuestion& question);

/// For a peer that says nothing: begins a look and ends it when the probe waits for `words`. Throws when that
/// does not come within 30 s, or an answer comes.
void look_until_it_waits_for(observer::Begin begin, const wire::ProbeQuestion& question,
                             const std::string& words);

} // namespace holdfast::test
