#pragma once

#include "engine/anchor_link.h"
#include "engine/command_memory.h"
#include "engine/configuration.h"
#include "engine/control_port.h"
#include "engine/done_tasks.h"
#include "engine/held.h"
#include "engine/last_stop_rows.h"
#include "engine/notify_hub.h"
#include "engine/report.h"
#include "engine/runs.h"
#include "engine/tree.h"
#include "linux/log_capture.h"
#include "model/stack.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::engine {

/// From the configuration on the disk to the model's ConfigurationChanged: all of it, or nothing. What the
/// new spec needs of the kernel (cgroups, notify sockets) is made before the model hears of it; a failure
/// there refuses the whole.
class Reloader {
public:
  struct Parts {
    Configuration& configuration;
    DoneTasks& done;
    const Tree& tree;
    NotifyHub& notify;
    Runs& runs;
    LastStopRows& rows;
    linux_os::LogCapture& logs;
    Report& report;
    AnchorLink& anchor;
  };
  struct Handlers {
    /// In this call; the command is remembered with the step.
    std::function<void(model::Event, AcceptedCommand)> step;
    std::function<void(EventRecord)> tell;
    std::function<void(std::string)> trouble_elsewhere; ///< from the configuration's thread
    std::function<void()> respecified;                  ///< the stack has its new spec
  };

  Reloader(Parts parts, const model::Stack& stack, Handlers handlers);

  void plan(std::function<void(wire::PlanView)> told);
  /// `by`: who asked. `told` is called once, when it is applied or refused.
  void reload(std::string by, CommandTicket ticket, std::function<void(const Reloaded&)> told);

  /// See ControlPort.
  [[nodiscard]] std::vector<ServiceId> listed() const;

  /// Makes the notify sockets that the present spec asks for, and closes those that nobody uses.
  /// What `held` has of an earlier engine's is gone on with.
  [[nodiscard]] Status open_sockets(const model::StackSpec& spec, Held& held);

private:
  [[nodiscard]] wire::PlanView view_of(const Configuration::Found& found) const;
  /// Why nothing was changed; empty: it was, and `answer` says what is waited for.
  [[nodiscard]] std::string apply(Configuration::Found found, const std::string& by, CommandTicket ticket,
                                  Reloaded& answer);
  [[nodiscard]] Status prepare(const model::StackSpec& spec);
  void settle(const model::StackSpec& before);
  void write_limits(const model::StackSpec& before);
  void put_in_order();
  void tell(const wire::PlanView& plan, const std::string& by);
  /// What this machine does not grant of the limits; once.
  void tell_missed(const std::vector<std::string>& missed);
  /// `next`: the spec that is about to be in force.
  [[nodiscard]] std::vector<model::CommandAsked> awaited(const wire::PlanView& plan,
                                                         const model::StackSpec& next) const;

  Parts parts_;
  const model::Stack& stack_;
  Handlers handlers_;
  std::vector<std::string> missed_; ///< limits; told already
  std::vector<ServiceId> order_;    ///< of the configuration
};

} // namespace holdfast::engine
