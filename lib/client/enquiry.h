#pragma once
// A request and its answer, whatever becomes of the engine that is asked. The engine's connections end with
// it; the socket that it listened on does not, so that whoever connects at once waits in its queue for the
// next engine.

#include "base/result.h"
#include "client/daemon_link.h"
#include "client/verbs.h"
#include "wire/control.h"

#include <chrono>
#include <functional>
#include <optional>

namespace holdfast::client {

class Enquiry {
public:
  /// What is asked, on each connection: it may depend on what was answered before.
  using Request = std::function<wire::ControlRequest()>;

  /// Connects and asks. `context` is borrowed, and what `request` refers to must live as long as this. An
  /// error where there is no connection at once (see nobody_listens).
  [[nodiscard]] static Result<Enquiry> open(Context& context, Request request);
  /// The same thing each time.
  [[nodiscard]] static Result<Enquiry> open(Context& context, const wire::ControlRequest& request);

  /// The next reply; nothing when `patience` is over (none: waits for ever). Where the connection breaks,
  /// what comes next is the answer from its beginning to what is asked then, over another connection; that an
  /// engine is waited for is told. An error where none is there in time (client::Patience), and where there
  /// are connections and never an answer.
  [[nodiscard]] Result<std::optional<wire::ControlReply>>
  next(std::optional<std::chrono::milliseconds> patience);

  /// Leaves the rest of the answer, and asks again over another connection.
  void ask_again() { link_.reset(); }

private:
  class Comeback;

  Enquiry(Context& context, Request request, DaemonLink link)
      : context_(&context), request_(std::move(request)), link_(std::move(link)) {}
  [[nodiscard]] Status reconnect();
  [[nodiscard]] Result<DaemonLink> meet(Comeback& comeback) const;

  Context* context_;
  Request request_;
  std::optional<DaemonLink> link_;
  unsigned unanswered_ = 0; ///< connections in a row that broke before any reply
};

/// Says why there is no reply: next() had an error, or none in time.
[[nodiscard]] ExitCode no_reply(Context& context, const Result<std::optional<wire::ControlReply>>& nothing);

} // namespace holdfast::client
