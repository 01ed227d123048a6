#include "will.h"

#include <array>
#include <cerrno>
#include <csignal>

namespace holdfast::sim {
namespace {

using namespace model;

void draw_launch(Will& will, const ServiceSpec& spec, Draw draw) {
  will.launch = draw.percent(4) ? draw.about(spec.stop.front().wait) : draw.up_to(20ms);
  constexpr std::array errors = {EAGAIN, ENOMEM, EAGAIN, ENOENT, ENOMEM, EACCES};
  if (draw.percent(4)) will.launch_error = errors[draw.below(errors.size())];
  if (draw.percent(3)) will.refused = true;
}

void draw_readiness(Will& will, const ServiceSpec& spec, Draw draw) {
  will.answers_after = draw.up_to(2s);
  if (draw.percent(12)) will.answers_after = draw.about(spec.start_within);
  if (draw.percent(5)) will.answers_after.reset();
  if (draw.percent(20)) will.recovers_for = draw.about(3 * spec.start_within);
  if (draw.percent(4)) will.recovers_for = draw.about(spec.progress_up_to);
  if (draw.percent(10)) will.asks_for_time_after = draw.about(spec.start_within);
}

/// Moments at which a death meets something else.
Duration random_moment(const Will& will, const ServiceSpec& spec, Draw& draw) {
  const Duration ready = will.answers_after.value_or(spec.start_within);
  switch (draw.below(6)) {
  case 0: return draw.about(ready);
  case 1: return draw.about(spec.start_within);
  case 2: return draw.about(ready + spec.restart.settled);
  case 3: return draw.up_to(50ms);
  case 4: return draw.up_to(2min);
  default: return ready + draw.up_to(10s);
  }
}

void draw_life(Will& will, const ServiceSpec& spec, Draw draw) {
  if (spec.task) will.dies_after = draw.percent(10) ? draw.about(spec.start_within) : draw.up_to(3s);
  if (spec.task && draw.percent(5)) will.dies_after.reset();
  if (spec.task ? draw.percent(20) : draw.percent(30)) {
    will.dies_after = random_moment(will, spec, draw);
    if (draw.percent(70)) will.dies_with.code = static_cast<int>(draw.below(3));
    if (draw.percent(30)) will.dies_with = {.code = 0, .signal = SIGSEGV};
  }
  if (draw.percent(4)) will.says_stopping_after = random_moment(will, spec, draw);
}

void draw_end(Will& will, const ServiceSpec& spec, Draw obedience, Draw children) {
  will.obeys_after = obedience.up_to(200ms);
  if (obedience.percent(20)) will.obeys_after = obedience.about(spec.stop.front().wait);
  if (obedience.percent(15)) will.ignores = static_cast<unsigned>(1 + obedience.below(3));
  if (obedience.percent(3)) will.stuck_for = obedience.about(kill_grace);
  if (obedience.percent(1)) will.stuck_for = 1h;
  will.has_children = children.percent(25);
  will.children_linger = children.about(spec.leftovers);
  if (children.percent(30)) will.children_linger = 24h;
  will.heeds_to_all = !children.percent(30);
}

} // namespace

Will draw_will(Decisions& decisions, const ServiceSpec& spec, std::uint32_t service, std::uint64_t run) {
  Will will;
  draw_launch(will, spec, decisions.about(Topic::launch, service, run));
  draw_readiness(will, spec, decisions.about(Topic::readiness, service, run));
  draw_life(will, spec, decisions.about(Topic::life, service, run));
  draw_end(will, spec, decisions.about(Topic::obedience, service, run),
           decisions.about(Topic::children, service, run));
  return will;
}

} // namespace holdfast::sim
