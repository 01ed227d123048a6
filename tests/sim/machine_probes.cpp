// What answers probes, and what lives elsewhere.
#include "machine.h"

#include <algorithm>

namespace holdfast::sim {

using namespace model;

void Machine::ask(const AskProbe& question, MonoTime now) {
  const std::uint32_t service = question.service.index;
  Life& life = lives_[service];
  Draw draw = decisions_.about(Topic::answer, service, life.questions++);
  const Probe& probe = probe_of(spec(service), question.role);
  // A service may be deaf for a while: long enough to be unready, or just not.
  if (draw.percent(3)) life.deaf_until = now + draw.about(probe.every * probe.failures);
  bool good = true_answer(life, service, question.role, now);
  if (draw.percent(4)) good = !good;
  ProbeOutcome outcome = good ? ProbeOutcome::succeeded : ProbeOutcome::failed;
  Duration after = draw.up_to(std::min<Duration>(probe.timeout, 20ms));
  if (draw.percent(4)) {
    after = probe.timeout;
    outcome = ProbeOutcome::failed;
  }
  const bool is_observed = probe.kind == ProbeKind::observed;
  if (is_observed && outcome == ProbeOutcome::failed && says_that_it_starts(life, now))
    outcome = ProbeOutcome::starting;
  if (draw.percent(4)) outcome = ProbeOutcome::unknown;
  // The observer dies or hangs, and nobody is asked until the next one is there.
  if (is_observed && draw.percent(2)) observer_back_ = now + draw.about(spec(service).start_within);
  if (is_observed && now < observer_back_) outcome = ProbeOutcome::unseen;
  facts_.add({.at = now + after,
              .order = 0,
              .run = question.run.value,
              .who = service,
              .kind = FactKind::answered,
              .role = static_cast<std::uint8_t>(question.role),
              .outcome = static_cast<std::uint8_t>(outcome),
              .question = question.question});
}

bool Machine::true_answer(Life& life, std::uint32_t service, ProbeRole role, MonoTime now) const {
  if (!spec(service).external.empty()) return life.remote_up;
  if (!life.main_alive) return false;
  if (role == ProbeRole::progress) return now < life.birth + life.will.recovers_for;
  if (now < life.deaf_until) return false;
  return life.will.answers_after && life.birth + *life.will.answers_after <= now;
}

bool Machine::says_that_it_starts(const Life& life, MonoTime now) {
  return life.main_alive && now < life.birth + life.will.recovers_for;
}

void Machine::turn_remote(std::uint32_t service, MonoTime now) {
  Life& life = lives_[service];
  Draw draw = decisions_.about(Topic::remote, service, life.questions++);
  life.remote_up = draw.harmless() || !draw.percent(30);
  const Duration lasts = life.remote_up ? draw.up_to(5min) : draw.about(spec(service).start_within);
  if (draw.harmless()) return;
  facts_.add({.at = now + lasts + 1ms,
              .order = 0,
              .run = 0,
              .who = service,
              .kind = FactKind::remote_turns,
              .role = 0,
              .outcome = 0,
              .question = 0});
}

} // namespace holdfast::sim
