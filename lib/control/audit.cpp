#include "control/audit.h"

#include "base/clock.h"
#include "control/outcome.h"
#include "engine/command_memory.h"

#include <algorithm>
#include <utility>

namespace holdfast::control {
namespace {

using wire::AuditStage;

/// As many as are known by their ids. Of those beyond it is told that nobody looks at them any more.
constexpr std::size_t most_followed = engine::CommandMemory::most_commands;

wire::AuditLine line_of(const std::string& by, int pid, const wire::ControlRequest& request) {
  return {.by = by, .pid = pid, .id = request.id, .command = wire::words(request)};
}

} // namespace

Audit::Entry::Entry(std::weak_ptr<Audit> audit, wire::AuditLine asked, std::optional<MonoTime> since)
    : audit_(std::move(audit)), line_(std::move(asked)), since_(since) {}

void Audit::Entry::answered(const wire::ControlReply& last) {
  if (const auto* const finished = std::get_if<wire::Finished>(&last))
    tell(AuditStage::done, finished->text);
  else if (const auto* const refused = std::get_if<wire::Refused>(&last))
    tell(AuditStage::refused, refused->text);
}

void Audit::Entry::follow(std::vector<model::CommandAsked> commands) {
  const auto audit = audit_.lock();
  if (!audit || is_over_) return;
  audit->followed_.push_back({*this, std::move(commands)});
  is_over_ = true;
  audit->changed();
}

void Audit::Entry::tell(AuditStage stage, std::string text) {
  const auto audit = audit_.lock();
  if (!audit || std::exchange(is_over_, true)) return;
  line_.stage = stage;
  line_.text = std::move(text);
  if (since_) line_.took = read_mono() - *since_;
  audit->port_.audit(line_);
}

std::shared_ptr<Audit::Entry> Audit::asked(const std::string& by, int pid,
                                           const wire::ControlRequest& request) {
  const wire::AuditLine line = line_of(by, pid, request);
  port_.audit(line);
  remember(line.id);
  return std::make_shared<Entry>(weak_from_this(), line, read_mono());
}

void Audit::asked_again(const std::string& by, int pid, const wire::ControlRequest& request,
                        const std::vector<model::CommandAsked>& commands) {
  if (std::find(known_.begin(), known_.end(), request.id) != known_.end()) return;
  remember(request.id);
  Entry(weak_from_this(), line_of(by, pid, request)).follow(commands);
}

void Audit::refused(const std::string& by, int pid, const wire::ControlRequest& request, std::string why) {
  Entry(weak_from_this(), line_of(by, pid, request)).tell(AuditStage::refused, std::move(why));
}

void Audit::changed() {
  std::deque<Followed> left;
  for (Followed& one : std::exchange(followed_, {})) {
    model::Outcome outcome = outcome_of(port_.stack(), one.commands);
    switch (outcome.state) {
    case model::Outcome::State::done: one.entry.tell(AuditStage::done, std::move(outcome.text)); break;
    case model::Outcome::State::failed: one.entry.tell(AuditStage::failed, std::move(outcome.text)); break;
    case model::Outcome::State::pending: left.push_back(std::move(one)); break;
    }
  }
  for (; left.size() > most_followed; left.pop_front())
    left.front().entry.tell(AuditStage::failed, "too many commands came since; its outcome is not known");
  followed_ = std::move(left);
}

void Audit::remember(std::uint64_t id) {
  if (id == 0) return;
  known_.push_back(id);
  if (known_.size() > most_followed) known_.pop_front();
}

} // namespace holdfast::control
