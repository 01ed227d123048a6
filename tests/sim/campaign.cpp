#include "campaign.h"

#include "episode.h"
#include "shrink.h"

#include <ctime>
#include <utility>

namespace holdfast::sim {
namespace {

/// Each so many episodes one is run twice, and its recording replayed.
constexpr std::uint64_t sample = 128;
constexpr unsigned most_tries = 3000;
/// In so many events everything that can happen has.
constexpr std::uint64_t long_run = 20'000'000;

std::chrono::nanoseconds processor_time() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::chrono::nanoseconds time_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

/// The first thing that is wrong, without whose it is: of another fault no history is wanted.
std::string kind_of(const std::string& violation) {
  const std::string first = violation.substr(0, violation.find(';'));
  const std::size_t name_end = first.find(": ");
  return name_end == std::string::npos ? first : first.substr(name_end + 2);
}

class Campaign {
public:
  explicit Campaign(const Order& order) : order_(order) {}

  Result run() {
    const auto begin = time_now();
    const auto spent_before = processor_time();
    for (std::uint64_t nth = order_.first; result_.violations == 0; ++nth) {
      if (time_now() - begin >= order_.time || result_.events >= order_.most_events) break;
      one(nth);
    }
    result_.spent = processor_time() - spent_before;
    if (result_.violations == 0 && result_.events >= long_run)
      for (const std::string& what : result_.coverage.never_taken())
        violation("never taken: " + what);
    return std::move(result_);
  }

private:
  [[nodiscard]] Decisions decisions_of(std::uint64_t nth) const {
    return Decisions(mixed(order_.seed) + nth);
  }

  void violation(std::string what) {
    ++result_.violations;
    result_.report.push_back(std::move(what));
  }

  void one(std::uint64_t nth) {
    Decisions decisions = decisions_of(nth);
    const bool is_sample = nth % sample == 0;
    Recording recording;
    Episode::Watchers watchers;
    if (is_sample) watchers.recording = &recording;
    const Ending ending = Episode(decisions, order_.most_services, result_.coverage, watchers).run();
    result_.events += ending.events;
    if (!ending.violation.empty()) return tell(nth, ending);
    if (!is_sample) return;
    if (!recording.replays())
      violation("episode " + std::to_string(nth) + ": its recording replays otherwise");
    Decisions same = decisions_of(nth);
    Coverage again;
    // Also where nobody sets the wall clock, which is for people alone.
    const Episode::Watchers still{nullptr, nullptr, true};
    const Ending second = Episode(same, order_.most_services, again, still).run();
    result_.events += second.events;
    if (second.trace != ending.trace)
      violation("episode " + std::to_string(nth) + ": the same seed gives another trace");
  }

  void tell(std::uint64_t nth, const Ending& ending) {
    violation("episode " + std::to_string(nth) + ", after " + std::to_string(ending.events) +
              " events: " + ending.violation);
    if (order_.history) tell_shortest(nth, kind_of(ending.violation));
  }

  void tell_shortest(std::uint64_t nth, const std::string& kind) {
    Coverage unused;
    const auto fails = [&](const std::vector<DecisionName>& names) {
      Decisions decisions = decisions_of(nth);
      decisions.allow_only(names);
      return kind_of(Episode(decisions, order_.most_services, unused, Episode::Watchers{}).run().violation) ==
             kind;
    };
    Decisions noting = decisions_of(nth);
    noting.note_names();
    static_cast<void>(Episode(noting, order_.most_services, unused, Episode::Watchers{}).run());
    const auto names = shrink(noting.names(), fails, most_tries);
    Decisions decisions = decisions_of(nth);
    decisions.allow_only(names);
    History history;
    const Ending shortest =
        Episode(decisions, order_.most_services, unused, {nullptr, &history, false}).run();
    result_.report.push_back("the shortest history, of " + std::to_string(names.size()) +
                             " decisions out of " + std::to_string(noting.names().size()) + ":");
    for (const std::string& line : history.lines())
      result_.report.push_back("  " + line);
    result_.report.push_back("  violation: " + shortest.violation);
  }

  Order order_;
  Result result_;
};

} // namespace

Result run(const Order& order) {
  return Campaign(order).run();
}

} // namespace holdfast::sim
