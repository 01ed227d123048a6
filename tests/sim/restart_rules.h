#pragma once

#include "accounts.h"
#include "findings.h"

#include <deque>
#include <vector>

namespace holdfast::sim {

/// Who is charged and who is not; charged restarts within the budget; the delays and how they grow; `failed`
/// absorbs all but a command.
class RestartRules {
public:
  void open(const model::Stack& stack);
  /// Whether the whole stack was restarted in this step: then all budgets are fresh.
  void note_stack_restart(bool restarted) { stack_restarted_ = restarted; }
  void check(const Step& step, ServiceId id, const Accounts& accounts, Findings& findings);
  [[nodiscard]] bool budget_spent(ServiceId id) const { return books_[id.index].spent; }

private:
  struct Book {
    RunNumber run;         ///< the one that exists, or the last
    bool exists = false;   ///< as of the step before
    bool launched = false; ///< as told
    bool exited = false;   ///< as told
    bool settled = false;  ///< it was ready for long enough
    bool ends = false;     ///< its end was begun
    bool charged = false;  ///< not by order
    bool by_exit = false;  ///< but by the exit of its main process
    model::ExitStatus exit;
    std::deque<MonoTime> charges;
    unsigned restarts = 0; ///< as the model counts them
    unsigned unsettled = 0;
    MonoTime until{};   ///< in backoff
    bool spent = false; ///< failed since its budget was spent
  };
  [[nodiscard]] bool is_forgiving(const Step& step) const;
  void forgive(const Step& step, ServiceId id);
  void note_run(const Step& step, ServiceId id, const Account& account);
  void note_end_begun(const Step& step, ServiceId id, const Account& account, bool over);
  void check_end(const Step& step, ServiceId id, const Account& account, Findings& findings);
  void note_last_charge(const model::Service& service, ServiceId id);
  void check_charged(const Step& step, ServiceId id, Findings& findings);
  void check_delay(const Step& step, ServiceId id, Findings& findings);
  void check_held(const Step& step, ServiceId id, const Account& account, Findings& findings) const;

  std::vector<Book> books_;
  bool stack_restarted_ = false;
};

} // namespace holdfast::sim
