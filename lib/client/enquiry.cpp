#include "client/enquiry.h"

#include "base/clock.h"
#include "client/directory_watch.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>

namespace holdfast::client {
namespace {

/// A request that ends each engine that hears it must not be put for ever.
constexpr unsigned most_unanswered = 5;

/// That a socket is listened on again is nothing that could be waited for.
constexpr std::chrono::milliseconds look_every{100};

/// Nobody comes after a daemon that removed its socket, and who may not speak to it will not later.
bool is_final(const Error& error) {
  return error.code == ENOENT || error.code == ENOTDIR || error.code == EACCES || error.code == EPERM;
}

} // namespace

/// From the moment in which a connection broke until an engine answers.
class Enquiry::Comeback {
public:
  explicit Comeback(Context& context) : context_(context), broke_(read_mono()) {}

  /// How long to wait for anything before the next call; nothing left: 0. Tells when it takes long.
  [[nodiscard]] std::chrono::milliseconds left() {
    const Patience& patience = context_.composition.patience;
    const Duration waited = read_mono() - broke_;
    if (!told_ && waited >= patience.told) {
      context_.terminal.complain("the engine is being restarted");
      told_ = true;
    }
    const auto most = context_.options.verb == Verb::upgrade ? patience.upgrade : patience.most;
    const auto left = (told_ ? most : std::min(patience.told, most)) - waited;
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds{});
  }

private:
  Context& context_;
  MonoTime broke_;
  bool told_ = false;
};

Result<Enquiry> Enquiry::open(Context& context, Request request) {
  auto link = DaemonLink::open(context.socket, answers_within);
  if (!link) return link.error();
  link.value().ask(request());
  return Enquiry(context, std::move(request), std::move(link).value());
}

Result<Enquiry> Enquiry::open(Context& context, const wire::ControlRequest& request) {
  return open(context, [request] { return request; });
}

Result<std::optional<wire::ControlReply>> Enquiry::next(std::optional<std::chrono::milliseconds> patience) {
  for (;;) {
    if (!link_)
      if (auto back = reconnect(); !back) return back.error();
    auto reply = link_->next(patience);
    if (reply && reply.value()) unanswered_ = 0;
    if (reply || reply.error().code != ECONNRESET) return reply;
    link_.reset();
    if (++unanswered_ == most_unanswered)
      return Error{"the daemon closed " + std::to_string(unanswered_) +
                   " connections in a row without an answer"};
  }
}

Status Enquiry::reconnect() {
  Comeback comeback(*context_);
  const Fd watch = watch_directory(std::filesystem::path(context_->socket).parent_path().string());
  for (;;) {
    auto link = meet(comeback);
    if (link) {
      link_ = std::move(link).value();
      link_->ask(request_());
      return Done{};
    }
    if (is_final(link.error()))
      return Error{"the daemon has ended (" + link.error().what + ")", link.error().code};
    const auto left = comeback.left();
    if (left.count() == 0)
      return Error{"the daemon closed the connection and is not back (" + link.error().what + ")",
                   link.error().code};
    wait_for_change(watch, std::min(left, look_every));
  }
}

/// What is asked may take its time, so an answer to it would not tell in time whether anybody is there:
/// asked first is what every engine answers at once.
Result<DaemonLink> Enquiry::meet(Comeback& comeback) const {
  auto link = DaemonLink::open(context_->socket, comeback.left());
  if (!link) return link;
  link.value().ask({.verb = wire::ControlVerb::version});
  for (auto left = comeback.left(); left.count() > 0; left = comeback.left()) {
    const auto reply = link.value().next(left);
    if (!reply) return reply.error();
    if (!reply.value()) continue;
    if (std::holds_alternative<wire::Finished>(*reply.value())) return link;
    if (const auto* refused = std::get_if<wire::Refused>(&*reply.value())) return Error{refused->text};
  }
  return Error{"nobody answers on " + context_->socket, ETIMEDOUT};
}

ExitCode no_reply(Context& context, const Result<std::optional<wire::ControlReply>>& nothing) {
  context.terminal.complain(nothing ? "the daemon on " + context.socket + " does not answer"
                                    : nothing.error().what);
  return nothing ? ExitCode::failed : ExitCode::no_daemon;
}

} // namespace holdfast::client
