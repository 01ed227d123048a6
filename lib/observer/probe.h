#pragma once

#include "wire/observer.h"

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

namespace holdfast::observer {

/// What came of a look, in words for an operator.
struct Answer {
  wire::ProbeVerdict verdict = wire::ProbeVerdict::unknown;
  std::string said;
};

/// Called once, from the loop and never from within the call that began the probe.
using Answered = std::function<void(Answer)>;

/// A probe under way, asynchronous and bounded in bytes; bounded in time by whoever holds it. Destroyed, it
/// is over: what it opened is closed and nobody is told any more.
class Probe {
public:
  Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  virtual ~Probe() = default;

  /// What it waits for just now, for the words of one that is out of time: "the answer to PING".
  [[nodiscard]] virtual std::string waits_for() const = 0;
};

/// Begins a look of the question's protocol. The question is copied where it is needed longer.
using Begin = std::unique_ptr<Probe> (*)(boost::asio::io_context& loop, const wire::ProbeQuestion& question,
                                         Answered answered);

} // namespace holdfast::observer
