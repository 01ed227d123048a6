#pragma once

#include "engine/control_port.h"

#include <string>

namespace holdfast::engine {

/// Our own log, on standard output: what happens as it happens, one line each.
class Report {
public:
  Report();
  void event(const EventRecord& record, const std::string& stack);
  void note(const std::string& line);
  void trouble(const std::string& line);
};

} // namespace holdfast::engine
