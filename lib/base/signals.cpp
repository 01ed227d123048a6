#include "base/signals.h"

#include <csignal>
#include <cstring>

namespace holdfast {

std::string signal_name(int signal) {
  const char* short_name = ::sigabbrev_np(signal);
  if (short_name == nullptr) return "signal " + std::to_string(signal);
  return std::string("SIG") + short_name;
}

std::optional<int> signal_number(std::string_view name) {
  for (int signal = 1; signal < NSIG; ++signal)
    if (::sigabbrev_np(signal) != nullptr && signal_name(signal) == name) return signal;
  return std::nullopt;
}

} // namespace holdfast
