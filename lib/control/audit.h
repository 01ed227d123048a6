#pragma once
// Which commands are asked for, and what comes of each, for the log of commands: also of those whose clients
// do not wait for it, or are gone.

#include "base/time.h"
#include "engine/control_port.h"
#include "wire/audit.h"
#include "wire/control.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::control {

class Audit : public std::enable_shared_from_this<Audit> {
public:
  /// `port` is borrowed and must outlive this.
  explicit Audit(engine::ControlPort& port) : port_(port) {}

  /// One command. Its outcome is told once.
  class Entry {
  public:
    /// `since`: when it was asked for, where that is known.
    Entry(std::weak_ptr<Audit> audit, wire::AuditLine asked, std::optional<MonoTime> since = {});
    /// That is the last of its answer.
    void answered(const wire::ControlReply& last);
    /// Its outcome is that of these.
    void follow(std::vector<model::CommandAsked> commands);

  private:
    friend class Audit;
    void tell(wire::AuditStage stage, std::string text);

    std::weak_ptr<Audit> audit_; ///< gone: so is whoever would write it
    wire::AuditLine line_;
    std::optional<MonoTime> since_;
    bool is_over_ = false;
  };

  /// It is told that it was asked for.
  [[nodiscard]] std::shared_ptr<Entry> asked(const std::string& by, int pid,
                                             const wire::ControlRequest& request);
  /// It was accepted before, maybe by an engine that is gone; its outcome is told where that has not been
  /// done here.
  void asked_again(const std::string& by, int pid, const wire::ControlRequest& request,
                   const std::vector<model::CommandAsked>& commands);
  void refused(const std::string& by, int pid, const wire::ControlRequest& request, std::string why);
  /// The stack has changed.
  void changed();

private:
  struct Followed {
    Entry entry;
    std::vector<model::CommandAsked> commands;
  };
  void remember(std::uint64_t id);

  engine::ControlPort& port_;
  std::deque<Followed> followed_;   ///< oldest first
  std::deque<std::uint64_t> known_; ///< ids whose outcome was told here or will be
};

} // namespace holdfast::control
