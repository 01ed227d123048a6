// The command line: composition and nothing else.

#include "client/client.h"
#include "config/difference.h"
#include "config/load.h"
#include "machine.h"
#include "presets.h"

#include <cstdio>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace holdfast;

constexpr int clean = 0;
constexpr int mistakes = 1;
constexpr int could_not_look = 2;

client::Locations locate(const std::string& config) {
  config::Locations found = config::locate(config);
  return {.runtime = std::move(found.runtime),
          .state = std::move(found.state),
          .log_directory = std::move(found.log_directory)};
}

config::Loaded load(const std::string& file, config::MachineQuestions machine = {}) {
  return config::load({.file = file,
                       .preset_directories = daemon::preset_directories(),
                       .look_at_machine = true,
                       .machine = std::move(machine),
                       .cpus = std::thread::hardware_concurrency(),
                       .root = ::geteuid() == 0});
}

void print(const config::Loaded& loaded, const client::CheckRequest& request) {
  if (request.json) {
    std::puts(config::render_json(loaded.diagnostics).c_str());
    return;
  }
  for (const config::Diagnostic& diagnostic : loaded.diagnostics)
    std::fputs(config::render(diagnostic).c_str(), stdout);
  if (!config::has_errors(loaded.diagnostics)) std::printf("%s: no mistakes\n", request.config.c_str());
}

int check(const client::CheckRequest& request) {
  if (::access(request.config.c_str(), R_OK) != 0) {
    std::fprintf(stderr, "holdfast: cannot look: ");
    std::perror(request.config.c_str());
    return could_not_look;
  }
  const config::Loaded loaded = load(request.config, daemon::machine_questions());
  print(loaded, request);
  return config::has_errors(loaded.diagnostics) ? mistakes : clean;
}

wire::PlanView plan(const std::string& file) {
  const config::Loaded loaded = load(file);
  wire::PlanView view = config::plan_view(
      file, loaded, loaded.stack ? config::starts(loaded) : std::vector<wire::PlannedChange>{});
  view.daemon = false;
  return view;
}

} // namespace

int main(int argc, char** argv) {
  client::Terminal terminal(STDOUT_FILENO, STDERR_FILENO);
  const client::Composition composition{.version = HOLDFAST_VERSION,
                                        .programs = {.anchor = daemon::program("holdfast-anchor"),
                                                     .engine = daemon::program("holdfast-engine")},
                                        .locate = locate,
                                        .check = check,
                                        .plan = plan};
  return client::run_client({argv + 1, argv + argc}, composition, terminal);
}
