#include "engine/observer.h"

#include "base/clock.h"
#include "linux/users.h"
#include "linux/utf8.h"

#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;

/// So many unanswered questions in a row are no accident.
constexpr unsigned most_unanswered = 3;

/// Of one run.
constexpr unsigned most_strangers = 16;

/// More than it can have under way: what is older is never answered.
constexpr std::size_t most_forgotten = 1024;

constexpr const char* no_observer = "nobody can ask: the observer does not run";
constexpr const char* not_yet = "nobody can ask: the observer is being started";

using model::ProbeOutcome;

ProbeOutcome outcome_of(wire::ProbeVerdict verdict) {
  switch (verdict) {
  case wire::ProbeVerdict::succeeded: return ProbeOutcome::succeeded;
  case wire::ProbeVerdict::failed: return ProbeOutcome::failed;
  case wire::ProbeVerdict::starting: return ProbeOutcome::starting;
  case wire::ProbeVerdict::unknown: return ProbeOutcome::unknown;
  }
  return ProbeOutcome::unknown;
}

} // namespace

Observer::Observer(boost::asio::io_context& loop, Children& children, const Tree& tree, Options options,
                   Handlers handlers)
    : loop_(loop), options_(std::move(options)), handlers_(std::move(handlers)),
      // Opened here, so that an upgrade of the package does not give us the observer of another build.
      program_(options_.opened.valid() ? std::move(options_.opened)
                                       : Fd(::open(options_.program.c_str(), O_PATH | O_CLOEXEC))),
      timer_(loop),
      process_(loop, children, tree,
               {.program = "/proc/self/fd/" + std::to_string(program_.get()), .user = options_.user},
               {.packet = [this](std::string_view packet) { return take(packet); },
                .down = [this](const std::string& why) { came_down(why); },
                .said = [this](const std::string& line) { handlers_.said("observer: " + line); }}),
      secrets_(loop, options_.read_secret) {}

Status Observer::can_run() const {
  if (!program_.valid())
    return Error{options_.program +
                     ": it asks network peers for the probes, and cannot be opened; is the whole "
                     "package installed?",
                 ENOENT};
  if (options_.user.empty()) return Done{};
  if (auto user = linux_os::find_user(options_.user); !user)
    return Error{user.error().what +
                     "; the observer, which asks network peers for the probes, runs as that user: the "
                     "package makes it, and so does `useradd --system " +
                     options_.user + "`",
                 user.error().code};
  return Done{};
}

void Observer::need(bool needed) {
  if (std::exchange(needed_, needed) == needed) return;
  if (needed)
    process_.start();
  else
    process_.stop();
}

void Observer::answer_later(Answered answered, ProbeOutcome outcome, std::string why) {
  boost::asio::post(
      loop_, [answered = std::move(answered), outcome, why = std::move(why)] { answered(outcome, why); });
}

void Observer::ask(wire::ProbeQuestion question, const std::string& secret_file, Answered answered) {
  question.serial = ++last_;
  const Duration timeout = question.timeout;
  const MonoTime now = read_mono();
  const MonoTime due = later(now, secret_file.empty() ? timeout + options_.patience : options_.patience / 2);
  out_[last_] = {.answered = std::move(answered),
                 .timeout = timeout,
                 .sent = now,
                 .due = due,
                 .reads_secret = !secret_file.empty(),
                 .late = false};
  due_.insert({due, last_});
  set_timer();
  if (secret_file.empty()) return send(question);
  secrets_.read(secret_file, [this, question = std::move(question)](Result<std::string> secret) mutable {
    has_read(std::move(question), std::move(secret));
  });
}

void Observer::has_read(wire::ProbeQuestion question, Result<std::string> secret) {
  const auto found = out_.find(question.serial);
  // Too late, or there is no observer any more.
  if (found == out_.end()) return;
  if (!secret) return conclude(question.serial, ProbeOutcome::unknown, secret.error().what);
  question.secret = std::move(secret).value();
  Question& out = found->second;
  out.reads_secret = false;
  due_.erase({out.due, question.serial});
  // Of the time since it was asked.
  out.due = later(out.sent, out.timeout + options_.patience);
  out.sent = read_mono();
  due_.insert({out.due, question.serial});
  set_timer();
  send(question);
}

void Observer::send(const wire::ProbeQuestion& question) {
  const std::string packet = wire::encode(question);
  if (packet.size() > wire::longest_probe_question)
    return conclude(question.serial, ProbeOutcome::unknown, "the question is too long for the observer");
  if (!process_.is_up()) return conclude(question.serial, ProbeOutcome::unseen, no_observer);
  // What it takes to launch it is not its silence.
  if (!process_.runs()) return conclude(question.serial, ProbeOutcome::unseen, not_yet);
  if (process_.send(packet)) return;
  // It takes no more: as good as no answer.
  boost::asio::post(loop_, [this, serial = question.serial] {
    if (const auto found = out_.find(serial); found != out_.end() && !found->second.late)
      unanswered(serial, found->second);
    set_timer();
  });
}

void Observer::conclude(std::uint64_t serial, ProbeOutcome outcome, std::string why) {
  const auto found = out_.find(serial);
  due_.erase({found->second.due, serial});
  answer_later(std::move(found->second.answered), outcome, std::move(why));
  out_.erase(found);
}

bool Observer::take(std::string_view packet) {
  auto reply = wire::decode_probe_reply(packet);
  if (!reply) {
    lies("it sent " + reply.error().what);
    return false;
  }
  const auto found = out_.find(reply.value().serial);
  if (found == out_.end() || found->second.reads_secret) {
    if (!is_strange(reply.value().serial) || ++strangers_ <= most_strangers) return true;
    lies("it answers what it was not asked");
    return false;
  }
  Question question = std::move(found->second);
  due_.erase({question.due, found->first});
  out_.erase(found);
  unanswered_ = 0;
  last_answer_ = read_mono();
  if (!question.late)
    question.answered(outcome_of(reply.value().verdict),
                      linux_os::harmless(std::move(reply.value().said), wire::longest_probe_words));
  return true;
}

/// So late an answer is none, but no lie either.
void Observer::forget(std::uint64_t serial) {
  forgotten_.insert(serial);
  if (forgotten_.size() > most_forgotten) forgotten_.erase(forgotten_.begin());
}

bool Observer::is_strange(std::uint64_t serial) {
  return forgotten_.erase(serial) == 0;
}

void Observer::lies(const std::string& how) {
  process_.kill("killed, since " + how);
}

void Observer::came_down(const std::string& why) {
  unanswered_ = strangers_ = 0;
  forgotten_.clear();
  due_.clear();
  timer_.cancel();
  if (needed_) handlers_.told("the observer is gone: " + why);
  for (auto& [serial, question] : std::exchange(out_, {}))
    if (!question.late) answer_later(std::move(question.answered), ProbeOutcome::unseen, no_observer);
}

void Observer::unanswered(std::uint64_t serial, Question& question) {
  // A disk that does not answer is not the observer's fault.
  if (question.reads_secret)
    return conclude(serial, ProbeOutcome::unknown, "its secret_file could not be read in time");
  due_.erase({question.due, serial});
  question.late = true;
  question.due = later(question.sent, question.timeout + options_.silence);
  due_.insert({question.due, serial});
  ++unanswered_;
  // Not from here: whoever is told may ask again.
  answer_later(std::exchange(question.answered, {}), ProbeOutcome::unseen, "the observer did not answer");
  if (unanswered_ >= most_unanswered) process_.kill("killed, since it does not answer");
}

void Observer::expire() {
  const MonoTime now = read_mono();
  while (!due_.empty() && due_.begin()->first <= now) {
    const std::uint64_t serial = due_.begin()->second;
    due_.erase(due_.begin());
    const auto found = out_.find(serial);
    if (found == out_.end()) continue;
    if (!found->second.late) {
      unanswered(serial, found->second);
      continue;
    }
    const bool silent = last_answer_ < found->second.sent;
    out_.erase(found);
    forget(serial);
    if (silent) process_.kill("killed, since it does not answer");
  }
  set_timer();
}

void Observer::set_timer() {
  if (due_.empty()) return;
  timer_.expires_at(std::chrono::steady_clock::time_point(due_.begin()->first.time_since_epoch()));
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) expire();
  });
}

} // namespace holdfast::engine
