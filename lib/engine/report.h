#pragma once

#include "engine/control_port.h"

#include <string>

namespace holdfast::engine {

/// Our own log, on standard output: what happens as it happens, one line each. Written by a thread of its
/// own: whoever reads it may stand still (a terminal with Ctrl-S, a pipe into a pager) and holds nobody up.
/// Of what waits then the oldest lines give way; as soon as it is read again it is told where they are
/// missing, and how many.
class Report {
public:
  Report();
  /// Waits until all is written, a second at most.
  void drain();
  void event(const EventRecord& record, const std::string& stack);
  void note(const std::string& line);
  void trouble(const std::string& line);
};

} // namespace holdfast::engine
