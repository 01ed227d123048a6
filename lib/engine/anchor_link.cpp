#include "engine/anchor_link.h"

#include <csignal>

namespace holdfast::engine {

model::ExitStatus exit_status(int code, int status) {
  model::ExitStatus exit;
  (code == CLD_EXITED ? exit.code : exit.signal) = status;
  return exit;
}

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
    case wire::FromAnchor::exited:
      handlers_.exited(record.value()->pid, exit_status(record.value()->code, record.value()->status));
      break;
    case wire::FromAnchor::signalled: handlers_.signalled(record.value()->status); break;
    case wire::FromAnchor::not_upgraded: not_upgraded(*record.value()); break;
    }
  }
  wait();
}

void AnchorLink::not_upgraded(const wire::AnchorRecord& record) {
  if (record.code == 0) return handlers_.not_upgraded(std::nullopt, record.status);
  handlers_.not_upgraded(exit_status(record.code, record.status), 0);
}

void AnchorLink::reap(int pid) {
  tell(wire::ToAnchor::reap, pid);
}

Status AnchorLink::hold(std::int32_t slot, int descriptor) {
  return wire::send_record(socket_.native_handle(), wire::EngineRecord{wire::ToAnchor::hold, slot},
                           descriptor);
}

Status AnchorLink::upgrade(int output) {
  return wire::send_record(socket_.native_handle(), wire::EngineRecord{wire::ToAnchor::upgrade, 0}, output);
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

void AnchorLink::tell(wire::ToAnchor kind, std::int32_t value) {
  // If the anchor is gone, that is heard from the socket itself.
  static_cast<void>(wire::send_record(socket_.native_handle(), wire::EngineRecord{kind, value}));
}

void AnchorLink::notify(const std::string& text) {
  if (!text.empty()) static_cast<void>(wire::send_notice(socket_.native_handle(), text));
}

} // namespace holdfast::engine
