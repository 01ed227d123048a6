#include "model/turn.h"

namespace holdfast::model {

void Turn::judge() {
  const Verdict before = stack_.verdict_;
  Verdict verdict = Verdict::stopped;
  if (!stack_.up_)
    verdict = stack_.any_run() ? Verdict::stopping : Verdict::stopped;
  else if (stack_.critical_failed_ > 0)
    verdict = Verdict::failed;
  else if (stack_.critical_missing_.empty())
    verdict = stack_.others_missing_.empty() ? Verdict::working : Verdict::degraded;
  else
    verdict = stack_.fresh_ && stack_.coming() ? Verdict::starting : Verdict::broken;

  stack_.verdict_ = verdict;
  if (stack_.door_open()) stack_.fresh_ = false;
  if (verdict != before) {
    stack_.verdict_since_ = now_.wall;
    actions_.push_back(ReportVerdict{before, verdict});
  }
  if (stack_.shutdown_ && !stack_.any_run() && !stack_.ended_) {
    stack_.ended_ = true;
    actions_.push_back(End{0});
  }
}

} // namespace holdfast::model
