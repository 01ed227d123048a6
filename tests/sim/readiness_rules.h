#pragma once

#include "accounts.h"
#include "findings.h"

#include <array>
#include <vector>

namespace holdfast::sim {

/// Nobody is ready without having said so, nobody is found unready, not live or late without its row of
/// failures or its time; each question is asked when it may be, and not again before its answer.
class ReadinessRules {
public:
  void open(const model::Stack& stack);
  /// Before the other checks of the step.
  void note_event(const Step& step, const Accounts& accounts);
  void check(const Step& step, const model::AskProbe& question, const Accounts& accounts, Findings& findings);
  void check(const Step& step, ServiceId id, const Accounts& accounts, Findings& findings);

private:
  struct Row {
    std::uint64_t asked = 0; ///< number of the question that is out; 0: none
    unsigned failures = 0;
    unsigned successes = 0;
  };
  struct Book {
    RunNumber run;
    std::array<Row, 3> rows; ///< by role
    bool said_ready = false; ///< READY=1 of this run, since it was last found unready
    bool said_stopping = false;
    bool was_ready = false;       ///< by what is noted beside a state that was lost
    bool recovers = false;        ///< it said so, and was not found silent since
    bool unseen = false;          ///< the observer was not there or did not answer
    bool put_off = false;         ///< one of both was once true
    bool probes_changed = false;  ///< by a reload, during this run
    MonoTime short_since = never; ///< of memory
    MonoTime begun{};             ///< as far as this book goes
    MonoTime deadline{};          ///< of its start, as far as it was put off by its own word
  };
  void begin(const Step& step, ServiceId id);
  void note_answer(const Step& step, const model::ProbeAnswered& answer, const Accounts& accounts);
  static void note_holds(const model::ServiceSpec& spec, Book& book, model::ProbeOutcome outcome);
  [[nodiscard]] static bool shows_once(const model::ServiceSpec& spec, const Book& book);
  [[nodiscard]] static bool is_spared(const Book& book) { return book.recovers || book.unseen; }
  void note_word(const Step& step, const model::ServiceNotified& word);
  void note_memory(const Step& step, const model::MemoryShort& memory);
  void check_ready(const Step& step, ServiceId id, const Account& account, Findings& findings);
  void check_unready(const Step& step, ServiceId id, Findings& findings);
  void check_reason(const Step& step, ServiceId id, const Account& account, Findings& findings);
  void check_memory(const Step& step, ServiceId id, Findings& findings);
  [[nodiscard]] bool short_too_long(const Step& step, ServiceId id) const;
  void check_again(const Step& step, ServiceId id, const Account& account, bool is_same_run,
                   Findings& findings) const;
  void check_late(const Step& step, ServiceId id, const Account& account, Findings& findings);
  [[nodiscard]] bool distrusts(MonoTime now) const;
  [[nodiscard]] Row& row(ServiceId id, model::ProbeRole role) {
    return books_[id.index].rows[static_cast<std::size_t>(role)];
  }

  std::vector<Book> books_;
  MonoTime pressure_since_ = never;
  MonoTime woke_ = never;
};

} // namespace holdfast::sim
