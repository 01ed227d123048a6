#include "control/publisher.h"

#include <chrono>
#include <utility>

namespace holdfast::control {

Publisher::Publisher(boost::asio::io_context& loop, const Options& options, engine::ControlPort& port,
                     std::function<void(std::string)> trouble)
    : port_(port), trouble_(std::move(trouble)), status_(options.state + "/status.json"),
      events_(options.state + "/events.jsonl"), pause_(loop) {}

Result<std::unique_ptr<Publisher>> Publisher::open(boost::asio::io_context& loop, const Options& options,
                                                   engine::ControlPort& port,
                                                   std::function<void(std::string)> trouble, Fd held) {
  auto server = ControlServer::open(
      loop, {.socket = options.runtime + "/control.sock", .version = options.version}, port, std::move(held));
  if (!server) return server.error();
  std::unique_ptr<Publisher> publisher(new Publisher(loop, options, port, std::move(trouble)));
  publisher->server_ = std::move(server).value();
  port.on_change([self = publisher.get()] { self->changed(); });
  return publisher;
}

void Publisher::close() {
  port_.on_change({});
  server_.reset();
  tell(status_.write(port_, Durability::synced));
}

void Publisher::changed() {
  server_->changed();
  tell(events_.update(port_));
  if (std::exchange(status_is_due_, true)) return;
  // A stack that comes and goes many times a second is written down once.
  pause_.expires_after(std::chrono::seconds(1));
  pause_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    status_is_due_ = false;
    tell(status_.write(port_, Durability::relaxed));
  });
}

/// A full disk must not end the daemon, nor fill its log: told when it begins.
void Publisher::tell(const Status& written) {
  if (!written && told_ != written.error().what) trouble_(written.error().what);
  told_ = written ? std::string() : written.error().what;
}

} // namespace holdfast::control
