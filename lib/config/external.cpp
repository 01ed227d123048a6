#include "config/semantics.h"

#include "config/values.h"

#include <array>

namespace holdfast::config {
namespace {

/// What belongs to a program that is started and stopped. User, environment, directory and the like stay: its
/// probe is run with them.
constexpr std::array never_started = {"command",      "runtime_directories",
                                      "requires",     "listens",
                                      "replaces",     "identity",
                                      "volumes",      "host",
                                      "progress",     "progress_up_to",
                                      "start_within", "unready_within",
                                      "stop",         "leftovers",
                                      "reload",       "restart",
                                      "sockets",      "socket_passing",
                                      "log",          "task"};

class ExternalChecks {
public:
  ExternalChecks(const Entry& service, Report& report)
      : service_(service), node_(*service.value), report_(report), path_(below("services", service.key)) {}

  void all() {
    if (comes_with_a_program()) return;
    for (const char* key : never_started)
      if (const Entry* entry = node_.find(key))
        error(*entry,
              {"an external service is never started by us, " + in_quotes(key) + " means nothing to it",
               "leave it out"});
    ready();
    live();
  }

private:
  void error(const Entry& at, const Flaw& flaw) { report_.error(at.place, below(path_, at.key), flaw); }

  /// One mistake, where each key of the preset would be one otherwise.
  bool comes_with_a_program() {
    const Entry* preset = node_.find("preset");
    const Entry* command = node_.find("command");
    if (preset == nullptr || command == nullptr || command->place.source == preset->place.source)
      return false;
    error(*preset, {"preset " + in_quotes(preset->value->text) +
                        " starts a program, an external service is never started by us",
                    "leave the preset out and write a ready probe"});
    return true;
  }

  void ready() {
    const Entry* ready = node_.find("ready");
    if (ready == nullptr)
      return error(*node_.find("external"),
                   {"an external service needs a ready probe",
                    "write `ready: {tcp: HOST:PORT}`, or what says more of it: http, postgresql, exec"});
    for (const char* kind : {"running", "notify"})
      if (const Entry* entry = ready->value->find(kind))
        report_.error(entry->place, below(path_, "ready"),
                      {"there is no process of ours whose " + in_quotes(kind) +
                           " could be seen: " + in_quotes(service_.key) + " is external",
                       "ask the service: use tcp, http, postgresql, exec"});
  }

  void live() {
    const Node* live = node_.value("live");
    const Node* then = live == nullptr ? nullptr : live->value("then");
    if (then != nullptr && then->text == "restart")
      report_.error(then->place, below(path_, "live"),
                    {"an external service cannot be restarted by us", "then: alert"});
  }

  const Entry& service_;
  const Node& node_;
  Report& report_;
  std::string path_;
};

} // namespace

void check_external(const Entry& service, Report& report) {
  ExternalChecks(service, report).all();
}

} // namespace holdfast::config
