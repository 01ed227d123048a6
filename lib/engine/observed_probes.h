#pragma once

#include "engine/observer.h"
#include "engine/runs.h"
#include "model/events.h"
#include "model/stack.h"

namespace holdfast::engine {

/// Probes that ask network peers: the model's question in the observer's words, and its answer in the
/// model's.
class ObservedProbes {
public:
  ObservedProbes(Observer& observer, const model::Stack& stack, Happened happened);

  /// Whether any service of the spec has one.
  [[nodiscard]] static bool are_in(const model::StackSpec& spec);
  /// Answers once with ProbeAnswered. Precondition: the probe is one of these.
  void probe(const model::AskProbe& question);

private:
  Observer& observer_;
  const model::Stack& stack_;
  Happened happened_;
};

/// As it is put to the observer, but for its serial and its secret. `key`: whose it is.
[[nodiscard]] wire::ProbeQuestion question_of(const model::Probe& probe, std::string key);

} // namespace holdfast::engine
