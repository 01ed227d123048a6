#include "hostility.h"

#include <algorithm>

namespace holdfast::sim {

using namespace model;

namespace {

MonoTime near(MonoTime moment, Draw& draw) {
  if (moment == never) return never;
  const Duration off{static_cast<Duration::rep>(draw.below(3)) - 1};
  return draw.percent(70) ? moment + off : moment + draw.up_to(3ms);
}

Verb random_verb(Draw& draw) {
  switch (draw.below(8)) {
  case 0:
  case 1: return Verb::stop;
  case 2:
  case 3: return Verb::restart;
  case 4: return Verb::task;
  default: return Verb::start;
  }
}

Act command(Draw& draw) {
  Act act{.kind = ActKind::command,
          .verb = random_verb(draw),
          .services = 1 + draw.below(2),
          .seed = draw.below(~0ULL),
          .span = {},
          .count = 0,
          .on = false,
          .point = DeathPoint::at_an_action,
          .again = 0};
  if (draw.percent(15) && act.verb != Verb::task) act.services = 0;
  return act;
}

} // namespace

void Hostility::plan(MonoTime now, MonoTime stack, MonoTime world) {
  Draw draw = decisions_.about(Topic::time, 0, taken_);
  const std::uint64_t kind = draw.below(16);
  if (kind == 0)
    next_ = now;
  else if (kind < 4)
    next_ = near(stack, draw);
  else if (kind < 7)
    next_ = near(world, draw);
  else
    next_ = now + draw.up_to(kind < 11 ? 1min : 8s);
  if (next_ == never) next_ = now + draw.up_to(30s);
  next_ = std::max(next_, now);
}

Act Hostility::take() {
  Draw draw = decisions_.about(Topic::act, 0, taken_++);
  if (draw.harmless()) return {};
  Act act{.kind = ActKind::none,
          .verb = Verb::start,
          .services = 0,
          .seed = draw.below(~0ULL),
          .span = {},
          .count = 0,
          .on = draw.percent(50),
          .point = DeathPoint::at_an_action,
          .again = 0};
  const std::uint64_t kind = draw.below(100);
  if (kind < 34) return command(draw);
  if (kind < 44) {
    act.kind = ActKind::kill_main;
  } else if (kind < 46) {
    act.kind = ActKind::memory;
    act.on = draw.percent(80);
  } else if (kind < 58) {
    act.kind = ActKind::engine_dies;
    act.count = static_cast<unsigned>(draw.below(6));
    act.span = draw.percent(50) ? draw.up_to(20ms) : draw.up_to(3s);
    act.on = draw.percent(8); // without its state
    if (draw.percent(25)) act.point = DeathPoint::before_a_note;
    if (draw.percent(15)) act.point = DeathPoint::before_a_step;
    if (draw.percent(15)) act.again = static_cast<unsigned>(1 + draw.below(2));
  } else if (kind < 68) {
    act.kind = ActKind::reload;
  } else if (kind < 80) {
    act.kind = ActKind::condition;
    act.on = draw.percent(65);
  } else if (kind < 84) {
    act.kind = ActKind::door;
  } else if (kind < 88) {
    act.kind = ActKind::pressure;
  } else if (kind < 91) {
    act.kind = ActKind::suspend;
    act.span = draw.up_to(24h);
  } else if (kind < 94) {
    act.kind = ActKind::set_wall_clock;
    act.span = draw.up_to(48h) - 24h;
  } else {
    act.kind = ActKind::engine_stalls;
    act.span = draw.percent(70) ? draw.up_to(300ms) : draw.up_to(30s);
  }
  return act;
}

} // namespace holdfast::sim
