#pragma once
// A stack whose engine is to die again and again: the real engine under the real anchor's code, with services
// that keep books of their own (run_record.h).

#include "chaos/engine_watch.h"
#include "support/running_stack.h"
#include "wire/status_view.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace holdfast::test {

/// One entry of "services:".
struct ChaosService {
  std::string name;
  std::vector<std::string> words; ///< of chaos_service, after its directory
  nlohmann::json keys = nlohmann::json::object();
};

/// Where one stack lives. Its logs and records are in memory: a disk that syncs each rotation would be all
/// that is measured.
class ChaosPlace {
public:
  ChaosPlace();
  ~ChaosPlace();
  ChaosPlace(const ChaosPlace&) = delete;
  ChaosPlace& operator=(const ChaosPlace&) = delete;

  [[nodiscard]] const StackDirectory& directory() const { return directory_; }
  [[nodiscard]] std::string records() const { return directory_ / "records"; }
  [[nodiscard]] std::string logs() const { return directory_ / "log"; }

  /// Puts what an earlier stack of this place noted and wrote out of the way.
  void begin_anew() const;
  /// Writes holdfast.yaml. Restarts are without delay and without end.
  void configure(const std::vector<ChaosService>& services, const std::string& rotate_size = "4MiB") const;
  /// The words of chaos_service.
  [[nodiscard]] std::vector<std::string> program(const std::vector<std::string>& words) const;

private:
  StackDirectory directory_;
};

class ChaosStack {
public:
  /// `engine`: what the anchor executes as the engine; empty: the engine.
  explicit ChaosStack(const ChaosPlace& place, const std::string& engine = "");

  [[nodiscard]] RunningStack& running() { return *running_; }
  [[nodiscard]] const RunningStack& running() const { return *running_; }
  [[nodiscard]] const EngineWatch& watch() const { return *watch_; }
  [[nodiscard]] const ChaosPlace& place() const { return place_; }
  [[nodiscard]] const std::string& cgroup() const { return cgroup_; }

  /// Over the control socket; asked again when the engine dies over it. Throws when nobody answers in time.
  [[nodiscard]] wire::StatusView status(Milliseconds within = 20s) const;
  /// Until the verdict is this one, and nothing starts or stops any more.
  void wait_quiet(const std::string& verdict = "working", Milliseconds within = 60s) const;

private:
  const ChaosPlace& place_;
  std::unique_ptr<RunningStack> running_;
  std::string cgroup_;
  std::unique_ptr<EngineWatch> watch_;
};

/// The entry of one service; throws where there is none.
[[nodiscard]] const wire::ServiceStatus& entry_of(const wire::StatusView& view, const std::string& service);

} // namespace holdfast::test
