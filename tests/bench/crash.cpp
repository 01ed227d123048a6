// bench_crash: from the SIGKILL of the engine to the first answer on the control socket, with 1, 10 and 100
// services. Prints; asserts nothing. There is no peer to measure beside it: supervisord, monit, runit and the
// like hold their children's output, states and control sockets in the process that dies. Restarted, they
// start everything a second time, or do not know what runs; systemd alone survives a crash of itself, frozen,
// and answers nobody any more.

#include "chaos/engine_watch.h"
#include "support/running_stack.h"
#include "support/unix_client.h"
#include "wire/control.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <vector>

namespace {

using namespace holdfast;
using namespace holdfast::test;
using Clock = std::chrono::steady_clock;

/// Caches and lazily bound pages warm up.
constexpr unsigned warm_up_rounds = 3;

struct Options {
  unsigned rounds = 50;
  std::vector<unsigned> services = {1, 10, 100};
};

std::string services_text(unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i)
    text += "  s" + std::to_string(i) +
            ": {command: [/bin/sleep, infinity], user: root, ready: {running: 0ms}}\n";
  return text;
}

/// A connection that the dead engine had accepted ends without an answer.
void ask_until_answered(const std::string& socket) {
  const std::string question = wire::encode(wire::ControlRequest{.verb = wire::ControlVerb::version}) + "\n";
  const Deadline deadline(20s);
  while (!deadline.passed()) {
    const UnixClient client(socket);
    client.send(question);
    if (!client.line(deadline.left()).empty()) return;
  }
  throw std::runtime_error("no engine answers");
}

std::vector<Clock::duration> measure(unsigned services, unsigned rounds) {
  const StackDirectory directory;
  directory.write_services(services_text(services));
  RunningStack stack(directory, {HOLDFAST_CHAOS_ANCHOR, "--engine", HOLDFAST_BINARIES "/holdfast-engine",
                                 "--config", directory / "holdfast.yaml"});
  stack.events().wait_for("", "working");
  const EngineWatch watch(stack.pid(), cgroups_of(directory.name()).front());
  std::vector<Clock::duration> times;
  for (unsigned round = 0; round < warm_up_rounds + rounds; ++round) {
    const std::uint32_t engine = watch.wait_adopted();
    const auto killed = Clock::now();
    if (!watch.send(SIGKILL)) throw std::runtime_error("there is no engine");
    ask_until_answered(directory / "run/control.sock");
    if (round >= warm_up_rounds) times.push_back(Clock::now() - killed);
    watch.wait_adopted(engine + 1);
  }
  std::sort(times.begin(), times.end());
  return times;
}

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

} // namespace

int main(int count, char** words) {
  Options options;
  CLI::App app{"From the SIGKILL of the engine to the first answer on the control socket"};
  app.add_option("--rounds", options.rounds, "Kills that are measured")->check(CLI::Range(1, 1000000));
  app.add_option("--services", options.services, "How many services")->delimiter(',');
  CLI11_PARSE(app, count, words);
  std::printf("engine killed to first answer, ms, %u rounds\n%8s %9s %9s\n", options.rounds, "services",
              "p50", "max");
  try {
    for (const unsigned services : options.services) {
      const auto times = measure(services, options.rounds);
      std::printf("%8u %9.1f %9.1f\n", services, milliseconds(times[times.size() / 2]),
                  milliseconds(times.back()));
      std::fflush(stdout);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_crash: %s\n", error.what());
    return 1;
  }
}
