#include "engine/notices.h"

#include "linux/utf8.h"
#include "model/words.h"
#include "wire/anchor.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;
using model::Verdict;

/// From the end of the stack to the end of the daemon: cgroups are removed, what happened is written down.
constexpr Duration afterwards = 30s;
/// A promise is not renewed for less.
constexpr Duration worth_a_word = 1s;

/// READY=1, STOPPING=1 and the extension stand beside the line.
constexpr std::size_t longest_line = wire::longest_notice - 128;

bool counts_services(Verdict verdict) {
  switch (verdict) {
  case Verdict::starting:
  case Verdict::working:
  case Verdict::degraded:
  case Verdict::broken: return true;
  case Verdict::stopping:
  case Verdict::stopped:
  case Verdict::failed: return false;
  }
  return false;
}

/// What we were started for is reached, or nothing more comes of itself.
bool is_settled(const model::Stack& stack) {
  switch (stack.verdict()) {
  case Verdict::working:
  case Verdict::degraded: return true;
  case Verdict::stopped:
  case Verdict::failed: return !stack.shutting_down();
  case Verdict::starting:
  case Verdict::broken:
  case Verdict::stopping: return false;
  }
  return false;
}

/// When the daemon ends at the latest, or has started or given up; `now` where nothing is bounded.
MonoTime end_of_stop(const model::Stack& stack, MonoTime now) {
  const model::StackState& state = stack.state();
  MonoTime end = now;
  for (const MonoTime deadline : {state.stop_deadline, state.end_deadline})
    if (deadline != never) end = std::max(end, deadline);
  return end;
}

MonoTime end_of_start(const model::Stack& stack, MonoTime now) {
  const model::StackState& state = stack.state();
  // While a service makes progress the bound stands still, and so it moves away from now.
  const MonoTime bound =
      state.bound != never ? state.bound : later(now, state.bound_left.value_or(Duration{}));
  return later(bound, stack.spec().stop_within);
}

} // namespace

std::string status_line(const model::Stack& stack) {
  std::string line(model::word(stack.verdict()));
  const char* separator = ": ";
  const auto add = [&](const std::string& words) { line += std::exchange(separator, "; ") + words; };
  if (counts_services(stack.verdict()))
    add(std::to_string(stack.wanted_up()) + " of " + std::to_string(stack.wanted()) + " services");
  if (const std::string why = model::verdict_words(stack); !why.empty()) add(why);
  // Where nothing is missing, why it is closed was said.
  const bool held = stack.verdict() == Verdict::degraded && stack.state().door_held;
  if (stack.verdict() == Verdict::broken || held) add("door closed");
  return linux_os::harmless(line, longest_line);
}

std::string Notices::extension(const model::Stack& stack, MonoTime now) {
  if (ready_ && !stopping_) return {};
  const MonoTime until = later(stopping_ ? end_of_stop(stack, now) : end_of_start(stack, now), afterwards);
  if (until < promised_ + worth_a_word) return {};
  promised_ = until;
  const auto left = std::chrono::ceil<std::chrono::microseconds>(until - now).count();
  return "EXTEND_TIMEOUT_USEC=" + std::to_string(left) + "\n";
}

std::string Notices::due(const model::Stack& stack, MonoTime now) {
  const bool was_ready = ready_;
  ready_ = ready_ || is_settled(stack);
  const bool stops_now = stack.shutting_down() && !std::exchange(stopping_, stack.shutting_down());
  // What was promised for the start is not valid for the stop.
  if (stops_now) promised_ = {};
  std::string line = status_line(stack);
  const bool has_news = ready_ != was_ready || stops_now || line != status_;
  std::string text = extension(stack, now);
  if (!has_news) return text;
  status_ = std::move(line);
  if (stopping_)
    text += "STOPPING=1\n";
  else if (ready_)
    text += "READY=1\n";
  return text + "STATUS=" + status_;
}

std::string Notices::before_reload() const {
  return ready_ && !stopping_ ? "RELOADING=1" : "";
}

std::string Notices::after_reload() const {
  return ready_ && !stopping_ ? "READY=1\nSTATUS=" + status_ : "";
}

} // namespace holdfast::engine
