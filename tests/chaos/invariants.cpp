#include "chaos/invariants.h"

#include "chaos/process_facts.h"
#include "chaos/run_record.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;

void require(bool good, const std::string& what) {
  if (!good) throw std::runtime_error(what);
}

class Calm {
public:
  explicit Calm(const std::string& records) : file_(calm_file(records)) { std::ofstream{file_}; }
  ~Calm() { ::unlink(file_.c_str()); }
  Calm(const Calm&) = delete;
  Calm& operator=(const Calm&) = delete;

private:
  std::string file_;
};

/// A run notes itself a moment after its birth, and its end a moment before the engine hears of it.
bool agree(const wire::ServiceStatus& service, const std::vector<KnownRun>& runs) {
  if (runs.empty() || service.run != runs.back().run) return runs.empty() && service.run == 0;
  return !service.pid || runs.back().end == RunEnd::none;
}

std::string run_words(const std::string& service, std::uint64_t run) {
  return service + ", run " + std::to_string(run);
}

} // namespace

Invariants::Invariants(const ChaosStack& stack, std::set<std::string> mortal)
    : stack_(stack), mortal_(std::move(mortal)) {}

void Invariants::look() {
  const std::string violations = contents(violations_file(stack_.place().records()));
  require(violations.empty(), violations);
  for (const auto& service : stack_.status().services) {
    look_at(service);
    look_at_leaves(service.name);
  }
}

void Invariants::look_at(const wire::ServiceStatus& service) {
  if (!service.pid) return;
  const std::string words = run_words(service.name, service.run);
  const Process now{.pid = *service.pid, .start = start_time(*service.pid)};
  // Between the answer and our look it may have ended, as such services do.
  if (now.start == 0) return;
  const std::string leaf = "/stack/" + service.name + "/" + std::to_string(service.run);
  const std::string cgroup = cgroup_of(*service.pid);
  // What has ended and is not reaped yet no longer keeps its leaf.
  const bool is_at_home = cgroup.ends_with(leaf) || cgroup.ends_with(leaf + " (deleted)");
  require(cgroup.empty() || is_at_home,
          words + ": process " + std::to_string(now.pid) + " lives in " + cgroup);
  const auto [first, is_new] = seen_[service.name].emplace(service.run, now);
  const Process& before = first->second;
  require(before.pid == now.pid && before.start == now.start,
          words + " had process " + std::to_string(before.pid) + " started at " +
              std::to_string(before.start) + ", now " + std::to_string(now.pid) + " started at " +
              std::to_string(now.start));
  require(seen_[service.name].rbegin()->first == service.run,
          words + " comes after run " + std::to_string(seen_[service.name].rbegin()->first));
}

void Invariants::look_at_leaves(const std::string& service) const {
  std::vector<std::string> populated;
  std::error_code gone;
  for (auto at = fs::directory_iterator(stack_.cgroup() + "/stack/" + service, gone);
       !gone && at != fs::directory_iterator(); at.increment(gone)) {
    const std::string name = at->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (!pids_in(at->path().string()).empty()) populated.push_back(name);
  }
  if (populated.size() <= 1) return;
  // The one may have ended before the other was looked at.
  std::string both;
  for (const std::string& run : populated)
    if (!pids_in(stack_.cgroup() + "/stack/" + service + "/" + run).empty()) both += " " + run;
  require(both.find(' ', 1) == std::string::npos, service + " has processes in the leaves of runs" + both);
}

void Invariants::look_when_quiet(const Asked& asked) {
  const Calm calm(stack_.place().records());
  const wire::StatusView view = status_in_calm();
  look();
  unborn_ = 0;
  for (const auto& service : view.services) {
    const auto found = asked.find(service.name);
    look_at_runs(service, found == asked.end() ? 0 : found->second);
  }
  look_at_door(view);
  look_at_descriptors();
}

/// Throws where status and the books of the services do not come to say the same.
wire::StatusView Invariants::status_in_calm() const {
  wire::StatusView view;
  std::string who;
  const bool same = comes_true(20s, [&] {
    stack_.wait_quiet();
    view = stack_.status();
    who.clear();
    for (const auto& service : view.services)
      if (!agree(service, runs_of(stack_.place().records(), service.name)))
        who += " " + run_words(service.name, service.run);
    return who.empty();
  });
  require(same, "status tells of other runs than there were:" + who);
  return view;
}

void Invariants::look_at_runs(const wire::ServiceStatus& service, std::uint64_t asked) {
  const auto runs = runs_of(stack_.place().records(), service.name);
  std::uint64_t ended_on_request = 0;
  for (const KnownRun& run : runs) {
    if (run.end == RunEnd::asked) ++ended_on_request;
    require(run.end != RunEnd::own || mortal_.contains(service.name),
            run_words(service.name, run.run) + " ended by itself");
    require(run.end != RunEnd::none || &run == &runs.back(),
            run_words(service.name, run.run) + " was killed, or another run began while it lived");
  }
  // One that is asked to end before it has caught the signal, or whose engine died before it was cloned,
  // keeps no books.
  const std::uint64_t unborn = service.run - runs.size();
  require(ended_on_request <= asked && ended_on_request + unborn >= asked,
          service.name + " was ended on request " + std::to_string(ended_on_request) +
              " times, asked for were " + std::to_string(asked) + ", and " + std::to_string(unborn) +
              " runs kept no books");
  unborn_ += unborn;
}

void Invariants::look_at_door(const wire::StatusView& view) const {
  const bool is_open = fs::exists(stack_.place().directory() / "run/door/open");
  require(is_open == (view.stack.door == "open"), std::string("the flag of the door is ") +
                                                      (is_open ? "there" : "not there") + ", status says " +
                                                      view.stack.door);
}

/// What is made ahead for a next run may come a moment later.
void Invariants::look_at_descriptors() {
  if (most_descriptors_ == 0) most_descriptors_ = stack_.watch().descriptors();
  require(comes_true(5s, [&] { return stack_.watch().descriptors() <= most_descriptors_; }),
          "the anchor has " + std::to_string(stack_.watch().descriptors()) + " descriptors open, it had " +
              std::to_string(most_descriptors_));
}

void Invariants::follow_events(const std::vector<StackEvent>& all) {
  for (; events_read_ < all.size(); ++events_read_) {
    const StackEvent& event = all[events_read_];
    // It tells of everybody anew.
    if (event.why.find("met without the saved state") != std::string::npos) phase_told_.clear();
    std::string& phase = phase_told_[event.service];
    const std::string line = event.raw.dump();
    require(phase.empty() || phase == event.from,
            "an event is missing, or came twice: " + line + " where it was told to be " + phase);
    phase = event.to;
    const auto sequence = event.raw.at("sequence").get<std::uint64_t>();
    require(sequence_told_ == 0 || sequence == sequence_told_ + 1,
            "event " + std::to_string(sequence_told_) + " is followed by " + line);
    sequence_told_ = sequence;
  }
}

} // namespace holdfast::test
