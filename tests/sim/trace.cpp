#include "trace.h"

#include "decisions.h"
#include "support/overloaded.h"

namespace holdfast::sim {

using namespace model;

void Trace::mix_in(std::uint64_t what) {
  value_ = (value_ ^ what) * 0x9e3779b97f4a7c15ULL;
  value_ ^= value_ >> 29;
}

void Trace::add(const Actions& actions) {
  const auto add_run = [this](const auto& action) {
    mix_in((std::uint64_t{action.service.index} << 32) ^ action.run.value);
  };
  for (const Action& action : actions) {
    mix_in(action.index() + 1);
    std::visit(Overloaded{
                   [&](const Spawn& spawn) { add_run(spawn); },
                   [&](const Signal& signal) {
                     add_run(signal);
                     mix_in(static_cast<std::uint64_t>(signal.signal) * 2 + (signal.to_all ? 1 : 0));
                   },
                   [&](const RunStopProgram& program) { add_run(program); },
                   [&](const KillGroup& kill) { add_run(kill); },
                   [&](const ReloadService& reload) { add_run(reload); },
                   [&](const AskProbe& question) {
                     add_run(question);
                     mix_in(static_cast<std::uint64_t>(question.role));
                   },
                   [&](const ReportPhase& report) {
                     add_run(report);
                     mix_in(static_cast<std::uint64_t>(report.to) * 256 +
                            static_cast<std::uint64_t>(report.why.cause));
                     mix_in(static_cast<std::uint64_t>(report.took.count()));
                     mix_in(static_cast<std::uint64_t>(report.why.pause.count()));
                   },
                   [&](const ReportVerdict& report) { mix_in(static_cast<std::uint64_t>(report.to)); },
                   [&](const ReportTrouble& report) { add_run(report); },
                   [&](const LookAtRequirements& look) { mix_in(look.service.index); },
                   [&](const RememberDone& done) { mix_in(done.service.index); },
                   [&](const End& end) { mix_in(static_cast<std::uint64_t>(end.code)); },
                   [](const CloseDoor&) {},
                   [](const OpenDoor&) {},
               },
               action);
  }
}

} // namespace holdfast::sim
