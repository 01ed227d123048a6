#include "engine/helpers.h"

#include "linux/utf8.h"
#include "model/words.h"

#include <algorithm>
#include <cerrno>

namespace holdfast::engine {
namespace {

constexpr std::size_t longest_words = 200;

constexpr Duration longest_reload = std::chrono::seconds(30);

/// The last line that says something, fit for a terminal and for JSON.
std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  if (const auto line = text.rfind('\n'); line != std::string::npos) text.erase(0, line + 1);
  return linux_os::harmless(std::move(text), longest_words);
}

/// A probe that could not even be started for want of resources says nothing about the service.
model::ProbeOutcome outcome_of_failure(int error) {
  const bool ours = error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
  return ours ? model::ProbeOutcome::unknown : model::ProbeOutcome::failed;
}

struct Answer {
  model::ProbeOutcome outcome = model::ProbeOutcome::unknown;
  std::string said;
};

Answer answer_of(const SideEnd& end, const std::vector<int>& success) {
  using enum model::ProbeOutcome;
  switch (end.how) {
  case SideEnd::How::exited: {
    const bool well =
        end.status.signal == 0 && std::find(success.begin(), success.end(), end.status.code) != success.end();
    return {well ? succeeded : failed,
            last_line(end.output.empty() && !well ? model::words(end.status) : end.output)};
  }
  case SideEnd::How::failed: return {outcome_of_failure(end.error.code), last_line(end.error.what)};
  case SideEnd::How::timed_out: return {failed, last_line(end.error.what)};
  case SideEnd::How::not_started: return {unknown, last_line(end.error.what)};
  case SideEnd::How::busy: return {unknown, "the last one has not ended yet"};
  }
  return {};
}

} // namespace

Helpers::Helpers(SidePrograms& programs, const Tree& tree, const model::Stack& stack, Happened happened)
    : programs_(programs), tree_(tree), stack_(stack), happened_(std::move(happened)) {}

SidePrograms::Order Helpers::order_of(ServiceId service, const std::string& what) const {
  const model::ServiceSpec& spec = stack_.spec(service);
  SidePrograms::Order order;
  order.key = spec.name + " " + what;
  order.place = tree_.service(spec.name) + "/probe";
  order.program = spec.program;
  return order;
}

void Helpers::probe(const model::AskProbe& question) {
  const model::Probe& probe = probe_of(stack_.spec(question.service), question.role);
  SidePrograms::Order order =
      order_of(question.service, "probe " + std::to_string(static_cast<int>(question.role)));
  order.argv = probe.exec;
  order.timeout = probe.timeout;
  order.ended = [this, question, success = probe.exit](const SideEnd& end) {
    Answer answer = answer_of(end, success);
    happened_(model::ProbeAnswered{question.service, question.run, question.role, question.question,
                                   answer.outcome, std::move(answer.said)});
  };
  programs_.start(std::move(order));
}

void Helpers::stop_program(ServiceId service, RunNumber, std::size_t rung, int main_pid) {
  const model::Rung& step = stack_.spec(service).stop[rung];
  SidePrograms::Order order = order_of(service, "stop " + std::to_string(rung));
  order.argv = step.exec;
  order.timeout = step.wait;
  run_beside(std::move(order), main_pid);
}

void Helpers::reload_program(ServiceId service, int main_pid) {
  SidePrograms::Order order = order_of(service, "reload");
  order.argv = stack_.spec(service).reload->exec;
  order.timeout = longest_reload;
  run_beside(std::move(order), main_pid);
}

void Helpers::run_beside(SidePrograms::Order order, int main_pid) {
  order.environment = {"MAINPID=" + std::to_string(main_pid)};
  order.ended = [](const SideEnd&) {};
  programs_.start(std::move(order));
}

} // namespace holdfast::engine
