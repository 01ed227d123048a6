#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "engine/anchor_link.h"
#include "engine/control_port.h"
#include "model/why.h"
#include "wire/last_stop.h"

#include <functional>
#include <optional>
#include <string>

namespace holdfast::engine {

/// The engine's part in its own end for the sake of another build: hands the programs that are installed now
/// to the anchor, with copies of its memories for their trial. The rest is the anchor's (anchor/upgrade.h).
class Upgrade {
public:
  struct Programs {
    std::string anchor; ///< paths
    std::string engine;
  };
  /// Borrowed. Of no step that is under way.
  struct Memories {
    int state = -1;
    int configuration = -1;
    int events = -1;
  };

  Upgrade(AnchorLink& anchor, const wire::EngineLife& life, Programs programs)
      : anchor_(anchor), life_(life), programs_(std::move(programs)) {}

  /// An error: nothing was asked for. Otherwise `refused` is called where the next build does not pass, and
  /// this process is killed where it does.
  [[nodiscard]] Status begin(const Memories& memories, std::function<void(std::string why)> refused);
  /// What the anchor says of the trial.
  void not_upgraded(const std::optional<model::ExitStatus>& trial, int error);

  [[nodiscard]] Upgraded outcome() const;

private:
  [[nodiscard]] Status hand_over(const Memories& memories);
  void take_back();
  [[nodiscard]] std::string last_words() const;

  AnchorLink& anchor_;
  const wire::EngineLife& life_;
  Programs programs_;
  Fd output_; ///< of the trial
  std::function<void(std::string)> refused_;
};

} // namespace holdfast::engine
