#pragma once
// The process that acts. One turn: what happened is collected, the model steps, its actions are carried out,
// and what they bring about at once is taken in the same turn, until nothing is left.

#include "base/fd.h"
#include "engine/anchor_link.h"
#include "engine/archive_tidier.h"
#include "engine/arrival.h"
#include "engine/audit_log.h"
#include "engine/children.h"
#include "engine/command_memory.h"
#include "engine/conditions.h"
#include "engine/configuration.h"
#include "engine/control_port.h"
#include "engine/done_tasks.h"
#include "engine/door.h"
#include "engine/event_log.h"
#include "engine/held_sockets.h"
#include "engine/helpers.h"
#include "engine/last_stop_rows.h"
#include "engine/limit_watch.h"
#include "engine/memory_pressure.h"
#include "engine/notices.h"
#include "engine/notify_hub.h"
#include "engine/observed_probes.h"
#include "engine/observer.h"
#include "engine/pulse.h"
#include "engine/recorder.h"
#include "engine/reloader.h"
#include "engine/report.h"
#include "engine/runs.h"
#include "engine/side_programs.h"
#include "engine/tree.h"
#include "engine/upgrade.h"
#include "linux/log_capture.h"
#include "model/stack.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <random>

namespace holdfast::engine {

class Engine : public ControlPort {
public:
  struct Options {
    Arrival arrival;
    std::string file;                     ///< of the configuration, for people
    std::function<config::Loaded()> read; ///< what is on the disk; see Configuration
    int anchor_socket = -1;               ///< taken over
    wire::LastStopTable* last_stop = nullptr;
    Volumes::Looker looker;
    ArchiveTidier::Program archive_tidier;
    Observer::Options observer;
    std::string version{}; ///< of this build, for people
    Upgrade::Programs upgrade{};
  };

  Engine(boost::asio::io_context& loop, Options options);

  /// Gives the anchor what is to outlive this engine, takes over what `held` has of those before it, opens
  /// the notify sockets, reads what is remembered. Call before run().
  [[nodiscard]] Status open(Held& held);
  [[nodiscard]] AnchorLink& anchor() { return anchor_; }
  [[nodiscard]] Report& report() { return report_; }
  /// Starts the stack, or goes on with it, and turns until it is down again. Returns the exit code.
  [[nodiscard]] int run();

  [[nodiscard]] const model::Stack& stack() const override { return stack_; }
  [[nodiscard]] ServiceFacts facts(ServiceId service) const override;
  [[nodiscard]] std::uint64_t log_lines_dropped(ServiceId service) const override;
  [[nodiscard]] std::vector<std::string> last_lines(ServiceId service, std::size_t most) const override;
  void ask(const model::CommandAsked& command, const CommandTicket& ticket) override;
  void ask(const model::DoorAsked& asked, const CommandTicket& ticket) override;
  [[nodiscard]] std::optional<AcceptedCommand> accepted(CommandId id) const override {
    return commands_.find(id);
  }
  void plan(std::function<void(wire::PlanView)> told) override;
  void reload(const std::string& by, const CommandTicket& ticket,
              std::function<void(const Reloaded&)> told) override;
  void adopt(const std::string& volume, const std::string& by, CommandId id,
             std::function<void(const Adopted&)> told) override;
  void upgrade(const std::string& by, const CommandTicket& ticket,
               std::function<void(std::string)> told) override;
  [[nodiscard]] Upgraded upgraded() const override { return upgrade_.outcome(); }
  void audit(const wire::AuditLine& line) override { audit_.write(line); }
  [[nodiscard]] std::vector<wire::VolumeStatus> volumes() const override {
    return conditions_.volumes().status();
  }
  [[nodiscard]] std::vector<ServiceId> listed() const override { return reloader_.listed(); }
  [[nodiscard]] std::optional<WallTime> changed_on_disk() const override {
    return configuration_.changed_on_disk();
  }
  [[nodiscard]] const std::deque<EventRecord>& events() const override { return log_.records(); }
  [[nodiscard]] FiledEvents filed() const override { return log_.filed(); }
  void set_filed(const FiledEvents& filed) override { log_.set_filed(filed); }
  void on_change(std::function<void()> changed) override { changed_ = std::move(changed); }

private:
  void happened(model::Event event);
  /// In this call, so that whoever asks can look at the outcome at once.
  void take_now(model::Event event);
  /// The same for what a client may ask for again.
  void take_now(model::Event event, AcceptedCommand command);
  /// Part of the state with the next step that is saved.
  void remember(AcceptedCommand command);
  /// For other threads: our own log is written by the loop's alone.
  void trouble_elsewhere(std::string line);
  void post_turn();
  void turn();
  void step(const model::Event& event, const Now& now);
  /// What the steps changed, and the events, are part of the state from now on.
  void save();
  void add_event(EventRecord record);
  void find_listening_sockets(Held& held);
  [[nodiscard]] Status leave_with_anchor();
  void come_back();
  /// Whom this engine follows, and why.
  [[nodiscard]] std::string words_of_arrival() const;
  void tell_soon();
  void tell_all();
  void tell(const EventRecord& record);
  /// Of something that changes no phase and is of no service.
  void tell_of_stack(std::string what);
  void post_tidy();
  void set_timer();

  void carry_out(const model::LookAtRequirements& action);
  void carry_out(const model::Spawn& action);
  void carry_out(const model::Signal& action);
  void carry_out(const model::RunStopProgram& action);
  void carry_out(const model::KillGroup& action);
  void carry_out(const model::ReloadService& action);
  void carry_out(const model::RememberDone& action);
  void carry_out(const model::CloseDoor&) { door_.close(); }
  void carry_out(const model::OpenDoor&) { door_.open(); }
  void carry_out(const model::AskProbe& action);
  void carry_out(const model::ReportPhase& action);
  void carry_out(const model::ReportTrouble&) {}
  void carry_out(const model::ReportVerdict&) {}
  void carry_out(const model::End& action);

  void signalled(int signal);
  void notified(ServiceId service, const linux_os::Notification& said);
  [[noreturn]] void anchor_gone();
  /// Whether this machine has what the probes of `spec` need. May wait for a directory server; from any
  /// thread.
  [[nodiscard]] Status can_run(const model::StackSpec& spec) const;
  /// The observer is there where a probe needs it.
  void settle_observer();

  boost::asio::io_context& loop_;
  wire::LastStopTable& table_;
  Fd lock_;
  Fd log_directory_;
  Tree tree_;
  bool remembers_; ///< what was, by the saved state
  model::Stack stack_;
  bool comes_back_;
  std::string version_;
  std::vector<model::FoundRun> found_; ///< of an earlier engine's, until the model is told
  StateMemory state_;
  int events_memory_; ///< borrowed of log_, for the anchor to hold
  EventLog log_;
  EngineFacts facts_;
  bool facts_changed_ = true;
  std::array<int, 3> log_hold_; ///< borrowed of logs_, for the anchor to hold
  model::Changed changed_services_;
  std::string save_trouble_; ///< told last
  Report report_;
  LastStopRows rows_;
  Door door_;
  AnchorLink anchor_;
  Upgrade upgrade_;
  std::unique_ptr<linux_os::LogCapture> logs_;
  AuditLog audit_;
  Recorder recorder_;
  NotifyHub notify_;
  HeldSockets sockets_;
  Children children_;
  Runs runs_;
  LimitWatch limit_watch_;
  MemoryPressure memory_pressure_;
  SidePrograms side_programs_;
  Helpers helpers_;
  ArchiveTidier archives_;
  Observer observer_;
  ObservedProbes observed_;
  DoneTasks done_;
  CommandMemory commands_;
  Configuration configuration_;
  Conditions conditions_;
  Reloader reloader_;
  Notices notices_;
  boost::asio::steady_timer timer_;
  MonoTime timer_set_ = never;
  bool unpublished_ = false; ///< there was a turn since `changed_` was last called
  boost::asio::steady_timer tell_timer_;
  bool tell_timer_set_ = false;
  Pulse pulse_;
  std::deque<model::Event> pending_;
  std::vector<int> to_reap_; ///< exits that are accounted for when the turn is over
  bool turn_posted_ = false;
  bool tidy_posted_ = false;
  std::function<void()> changed_;
  std::optional<int> ended_;
  std::mt19937_64 draw_{std::random_device{}()};
};

} // namespace holdfast::engine
