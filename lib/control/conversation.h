#pragma once
// What one client asks for and what it is told: one request after the other, each answered to its end. An
// answer that goes on (a command's outcome, events that are followed) is looked at again after each change of
// the stack; nothing is queued for a client that does not read, it gets the newest when it does.

#include "control/audit.h"
#include "control/connection.h"
#include "control/peer.h"
#include "engine/control_port.h"
#include "wire/control.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdfast::control {

/// What all conversations of a server share.
struct Host {
  engine::ControlPort& port;
  std::string version;
  std::shared_ptr<Audit> audit;
};

struct Client {
  Access access = Access::none;
  std::string who; ///< "root"
  int pid = 0;
};

class Conversation : public Connection::Listener {
public:
  /// `ended` is called once, from the loop, when the client is gone; it may destroy this.
  Conversation(const Host& host, Client client, std::function<void(Conversation&)> ended);
  ~Conversation() override;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  void begin(boost::asio::io_context& loop, Fd socket, const ConnectionLimits& limits);
  /// Says why in one line, then closes.
  void turn_away(std::string why);
  /// The stack changed, or there are new events.
  void changed();
  [[nodiscard]] Access access() const { return client_.access; }

private:
  struct Idle {};
  struct FollowStatus {
    bool stale = true; ///< there is a newer one than was sent
  };
  struct SendEvents {
    std::uint64_t next = 1; ///< sequence number
    bool follow = false;
  };
  struct Await {
    std::vector<model::CommandAsked> commands; ///< the outcomes of all of them
    std::string told;                          ///< the last text of Progress
  };
  struct AwaitPort {}; ///< the port will call back
  using Task = std::variant<Idle, FollowStatus, SendEvents, Await, AwaitPort>;

  void on_line(std::string_view line) override;
  void on_drained() override;
  void on_overlong() override;
  void on_closed() override;

  void answer(const wire::ControlRequest& request);
  /// Goes on where a command was accepted before; false: it is one to carry out.
  [[nodiscard]] bool resumes(const wire::ControlRequest& request);
  void go_on_with(const wire::ControlRequest& request, std::vector<model::CommandAsked> awaited);
  [[nodiscard]] engine::CommandTicket ticket_of(const wire::ControlRequest& request) const;
  void answer_status(const wire::ControlRequest& request);
  void answer_events(const wire::ControlRequest& request);
  void answer_command(const wire::ControlRequest& request, model::Verb verb);
  void answer_logs(const wire::ControlRequest& request);
  void answer_explain(const wire::ControlRequest& request);
  void answer_door(const wire::ControlRequest& request);
  void answer_adopt(const wire::ControlRequest& request);
  void answer_upgrade(const wire::ControlRequest& request);
  /// Of an upgrade that was asked for before.
  void end_upgrade();
  void answer_task(const wire::ControlRequest& request);
  void answer_plan();
  void answer_reload(const wire::ControlRequest& request);
  void reloaded(const engine::Reloaded& answer, bool wait);
  /// The last line of an answer that the port gives: where the client is gone meanwhile, for the log of
  /// commands alone.
  [[nodiscard]] std::function<void(const wire::ControlReply&)> later_end();
  [[nodiscard]] Result<std::vector<ServiceId>> resolve(const std::vector<std::string>& names) const;

  void go_on();
  void go_on(const Idle&) {}
  void go_on(FollowStatus& task);
  void go_on(SendEvents& task);
  void go_on(Await& task);
  void go_on(const AwaitPort&) {}

  void send(const wire::ControlReply& reply);
  /// The last line of an answer.
  void end(const wire::ControlReply& reply);
  void set(Task task);

  const Host& host_;
  Client client_;
  std::function<void(Conversation&)> ended_;
  std::shared_ptr<Connection> connection_;
  Task task_;
  std::shared_ptr<Audit::Entry> entry_;                   ///< of the command that is being answered
  std::shared_ptr<void> life_ = std::make_shared<char>(); ///< what the port calls back must not outlive us
};

} // namespace holdfast::control
