#include "model/phase.h"

#include <type_traits>

namespace holdfast::model {
namespace {

template <typename P>
auto run_in(P& phase) {
  using RunPointer = std::conditional_t<std::is_const_v<P>, const Run*, Run*>;
  return std::visit(
      [](auto& present) -> RunPointer {
        if constexpr (requires { present.run; })
          return &present.run;
        else
          return nullptr;
      },
      phase);
}

struct Name {
  PhaseName operator()(const Down&) const { return PhaseName::down; }
  PhaseName operator()(const Waiting&) const { return PhaseName::waiting; }
  PhaseName operator()(const Starting&) const { return PhaseName::starting; }
  PhaseName operator()(const Ready&) const { return PhaseName::ready; }
  PhaseName operator()(const Unready&) const { return PhaseName::unready; }
  PhaseName operator()(const Stopping&) const { return PhaseName::stopping; }
  PhaseName operator()(const Backoff&) const { return PhaseName::backoff; }
  PhaseName operator()(const Failed&) const { return PhaseName::failed; }
  PhaseName operator()(const Finished&) const { return PhaseName::done; }
};

} // namespace

PhaseName name_of(const Phase& phase) {
  return std::visit(Name{}, phase);
}

Run* run_of(Phase& phase) {
  return run_in(phase);
}

const Run* run_of(const Phase& phase) {
  return run_in(phase);
}

} // namespace holdfast::model
