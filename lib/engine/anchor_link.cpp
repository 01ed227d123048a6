#include "engine/anchor_link.h"

#include <csignal>

namespace holdfast::engine {
namespace {

model::ExitStatus status_of(const wire::AnchorRecord& record) {
  model::ExitStatus status;
  (record.code == CLD_EXITED ? status.code : status.signal) = record.status;
  return status;
}

} // namespace

AnchorLink::AnchorLink(boost::asio::io_context& loop, int socket, Handlers handlers)
    : socket_(loop, socket), handlers_(std::move(handlers)) {
  wait();
}

void AnchorLink::wait() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](boost::system::error_code error) {
                       if (!error) receive();
                     });
}

void AnchorLink::receive() {
  for (;;) {
    auto record = wire::receive_from_anchor(socket_.native_handle());
    if (!record) return handlers_.gone();
    if (!record.value()) break;
    switch (record.value()->kind) {
    case wire::FromAnchor::exited: handlers_.exited(record.value()->pid, status_of(*record.value())); break;
    case wire::FromAnchor::signalled: handlers_.signalled(record.value()->status); break;
    }
  }
  wait();
}

void AnchorLink::tell(wire::ToAnchor kind, std::int32_t value) {
  // If the anchor is gone, that is heard from the socket itself.
  static_cast<void>(wire::send_record(socket_.native_handle(), wire::EngineRecord{kind, value}));
}

void AnchorLink::reap(int pid) {
  tell(wire::ToAnchor::reap, pid);
}

Status AnchorLink::hold(std::int32_t slot, int descriptor) {
  return wire::send_record(socket_.native_handle(), wire::EngineRecord{wire::ToAnchor::hold, slot},
                           descriptor);
}

void AnchorLink::drop(std::int32_t slot) {
  tell(wire::ToAnchor::drop, slot);
}

void AnchorLink::took(int signal) {
  tell(wire::ToAnchor::took, signal);
}

void AnchorLink::finish(int code) {
  tell(wire::ToAnchor::finish, code);
}

void AnchorLink::notify(const std::string& text) {
  if (!text.empty()) static_cast<void>(wire::send_notice(socket_.native_handle(), text));
}

} // namespace holdfast::engine
