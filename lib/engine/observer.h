#pragma once
// The engine's side of the observer. What it answers is believed only for a question that is out, and once;
// it may be dead, hung or lying, and then what it was asked is unseen, which is no failure of anybody's.

#include "base/secret_file.h"
#include "engine/observer_process.h"
#include "engine/secret_reader.h"
#include "model/events.h"
#include "wire/observer.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace holdfast::engine {

class Observer {
public:
  struct Options {
    std::string program;                         ///< path
    Fd opened{};                                 ///< the program, where an engine before this one opened it
    std::string user;                            ///< empty: as ourselves
    Duration patience = std::chrono::seconds(1); ///< beyond a question's own time-out
    Duration silence = std::chrono::seconds(5);  ///< beyond it, without any answer: it hangs
    SecretReader::Read read_secret = read_secret_file;
  };
  struct Handlers {
    /// Of the observer itself, for the events: it died, it is killed, why.
    std::function<void(std::string what)> told;
    /// A line of its own, for the log.
    std::function<void(std::string line)> said;
  };
  using Answered = std::function<void(model::ProbeOutcome outcome, std::string said)>;

  Observer(boost::asio::io_context& loop, Children& children, const Tree& tree, Options options,
           Handlers handlers);

  /// Borrowed: what the engine that comes after this one is to execute; -1: none.
  [[nodiscard]] int program() const { return program_.get(); }

  /// Whether there are its program and its user: refused with what makes them. To be asked before each
  /// need(true). May wait for a directory server; from any thread.
  [[nodiscard]] Status can_run() const;
  /// Starts it where somebody needs it, ends it where nobody does.
  void need(bool needed);

  /// Asks. `answered` is called once, never from within this call, at the latest when the question's time-out
  /// and our patience are over: `unseen` where the observer is not there or silent, `unknown` where it or we
  /// could not do what was asked. `secret_file`: read for each question anew, within half of our patience, so
  /// that the peer has its whole time and the observer the other half; empty: none.
  void ask(wire::ProbeQuestion question, const std::string& secret_file, Answered answered);

  void tidy() { process_.tidy(); }

private:
  struct Question {
    Answered answered;
    Duration timeout{};
    MonoTime sent{};           ///< or asked, while it reads its secret
    MonoTime due{};            ///< never beyond asked + timeout + patience, until it is late
    bool reads_secret = false; ///< and is not sent yet
    bool late = false;         ///< answered for it already: its own answer changes nothing any more
  };

  void has_read(wire::ProbeQuestion question, Result<std::string> secret);
  void forget(std::uint64_t serial);
  [[nodiscard]] bool is_strange(std::uint64_t serial);
  void send(const wire::ProbeQuestion& question);
  /// Without its answer, for a reason of ours.
  void conclude(std::uint64_t serial, model::ProbeOutcome outcome, std::string why);
  void answer_later(Answered answered, model::ProbeOutcome outcome, std::string why);
  [[nodiscard]] bool take(std::string_view packet);
  void lies(const std::string& how);
  void came_down(const std::string& why);
  void expire();
  void unanswered(std::uint64_t serial, Question& question);
  void set_timer();

  boost::asio::io_context& loop_;
  Options options_;
  Handlers handlers_;
  Fd program_;
  bool needed_ = false;
  std::unordered_map<std::uint64_t, Question> out_;  ///< by serial
  std::set<std::pair<MonoTime, std::uint64_t>> due_; ///< of what is out
  std::set<std::uint64_t> forgotten_;                ///< sent, and given up: may still be answered, once
  std::uint64_t last_ = 0;
  unsigned unanswered_ = 0; ///< in a row
  unsigned strangers_ = 0;  ///< answers that nobody asked for, of this run
  MonoTime last_answer_{};
  boost::asio::steady_timer timer_;
  ObserverProcess process_; ///< what it calls is above
  SecretReader secrets_;    ///< last: its thread ends before what it calls
};

} // namespace holdfast::engine
