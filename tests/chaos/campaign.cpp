#include "chaos/campaign.h"

#include "support/binaries.h"
#include "support/has.h"

#include <csignal>
#include <poll.h>
#include <stdexcept>
#include <time.h>

namespace holdfast::test {
namespace {

BusyServices configured(const ChaosPlace& place, std::uint64_t bytes_a_second) {
  BusyServices services(place, bytes_a_second);
  services.configure();
  return services;
}

} // namespace

std::string CampaignCounts::words() const {
  return std::to_string(engines) + " engines killed, " + std::to_string(adopting) +
         " of them before they were adopted; " + std::to_string(upgrades) + " upgrades; " +
         std::to_string(observers) + " observers; " + std::to_string(deeds) + " deeds, " +
         std::to_string(visits) + " visits; " + std::to_string(lines) + " lines in " + std::to_string(files) +
         " files, " + std::to_string(compressed) + " of them compressed; " + std::to_string(split) +
         " lines were split; " + std::to_string(unborn) + " runs were never born";
}

Campaign::Campaign(const ChaosPlace& place, const Options& options)
    : place_(place), most_between_(options.most_between), chance_(options.seed),
      services_(configured(place, options.bytes_a_second)), stack_(place, options.engine),
      invariants_(stack_, services_.mortal()), commander_(stack_.running(), services_.deeds(), options.seed) {
  for (const auto& log : services_.logs())
    logs_.emplace_back(LogFollower::Options{.service = log.service,
                                            .logs = place.logs(),
                                            .records = place.records(),
                                            .timestamps = log.timestamps});
  stack_.wait_quiet();
  // What is made at a first restart is there before descriptors are counted.
  commander_.do_each_once();
  rest_and_look();
  visitor_.emplace(services_.port());
}

void Campaign::kill(std::uint64_t kills, std::uint64_t between_looks) {
  for (std::uint64_t number = 1; number <= kills; ++number) {
    commander_.resume();
    kill_once();
    look();
    if (number % between_looks == 0 || number == kills) rest_and_look();
  }
}

void Campaign::kill_once() {
  wait_at_most(most_between_);
  const bool too = happens(10);
  if (too && stack_.watch().kill_observer()) ++counts_.observers;
  if (!too || happens(50)) kill_engine();
}

void Campaign::upgrade(const Installation& installation, std::uint64_t upgrades,
                       std::uint64_t between_looks) {
  for (std::uint64_t number = 1; number <= upgrades; ++number) {
    commander_.resume();
    const bool to_next = number % 2 != 0;
    installation.put_engine(to_next ? next_engine() : present_engine());
    wait_at_most(30'000);
    upgrade_to(to_next ? next_version : HOLDFAST_CHAOS_VERSION);
    if (happens(30)) kill_engine();
    look();
    if (number % between_looks == 0 || number == upgrades) rest_and_look();
  }
}

void Campaign::upgrade_to(const std::string& version) {
  const std::uint32_t number = stack_.watch().wait_adopted();
  const Finished done = stack_.running().command({"upgrade"});
  if (done.code != 0 || !has(done.output, "upgraded; this is version " + version))
    throw std::runtime_error("upgrade to " + version + ": " + done.output + stack_.running().output());
  stack_.watch().wait_adopted(number + 1);
  ++counts_.upgrades;
}

void Campaign::kill_engine() {
  const EngineWatch& watch = stack_.watch();
  const std::uint32_t number = watch.wait_adopted();
  counts_.engines += watch.send(SIGKILL) ? 1U : 0U;
  // Never two in a row: what the next one reads would not be trusted any more, and that is another test's.
  if (happens(20) && watch.wait_for(number + 1)) {
    wait_at_most(15'000);
    const bool is_adopting = !watch.is_adopted(number + 1);
    if (watch.send(SIGKILL)) {
      ++counts_.engines;
      counts_.adopting += is_adopting ? 1U : 0U;
      watch.wait_adopted(number + 2);
    }
  }
  watch.wait_adopted(number + 1);
}

void Campaign::look() {
  if (!stack_.running().events().read_available())
    throw std::runtime_error("events -f has ended: " + stack_.running().output());
  invariants_.follow_events(stack_.running().events().all());
  invariants_.look();
  read_logs();
  if (std::string failure = visitor_ ? visitor_->failure() : ""; !failure.empty())
    throw std::runtime_error(failure);
}

void Campaign::rest_and_look() {
  commander_.pause();
  look();
  invariants_.look_when_quiet(commander_.asked());
}

void Campaign::read_logs() {
  for (LogFollower& log : logs_) {
    log.read_put_aside();
    if (std::string failure = log.counts().failure(); !failure.empty()) throw std::runtime_error(failure);
  }
}

CampaignCounts Campaign::end() {
  rest_and_look();
  counts_.visits = visitor_->visits();
  visitor_.reset();
  counts_.deeds = commander_.deeds_done();
  counts_.unborn = invariants_.unborn();
  if (const int code = stack_.running().stop(); code != 0)
    throw std::runtime_error("run ended with " + std::to_string(code) + ": " + stack_.running().output());
  replay();
  for (LogFollower& log : logs_) {
    const LineCounts counts = log.end();
    if (std::string failure = counts.failure(); !failure.empty()) throw std::runtime_error(failure);
    counts_.lines += counts.whole;
    counts_.split += counts.split;
    counts_.files += log.files();
    counts_.compressed += log.compressed();
  }
  return counts_;
}

/// The model, given the same events again, decides the same. The last engine of many may have died before it
/// had written anything that can be read, which holdfast-replay tells with its exit code.
void Campaign::replay() {
  const Finished played =
      run_program({binaries() + "/holdfast-replay", place_.directory() / "state/record"}, 300s);
  const std::string end = " events, 0 decisions differ\n";
  if (!has(played.output, end) || has(played.output, "\n0" + end) || played.output == "0" + end)
    throw std::runtime_error("the record, played again: " + played.output);
}

void Campaign::wait_at_most(std::uint64_t microseconds) {
  const auto nanoseconds = static_cast<long>(chance_() % (microseconds * 1000));
  const timespec moment{.tv_sec = nanoseconds / 1'000'000'000, .tv_nsec = nanoseconds % 1'000'000'000};
  ::ppoll(nullptr, 0, &moment, nullptr);
}

} // namespace holdfast::test
