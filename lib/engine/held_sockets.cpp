#include "engine/held_sockets.h"

#include <algorithm>
#include <iterator>
#include <unistd.h>
#include <utility>

namespace holdfast::engine {
namespace {

/// The checks of the configuration have let nothing else through.
PeerAddress address_of(const model::SocketSpec& socket) {
  auto address = listening_address_of(socket.address);
  return address ? std::move(address).value() : PeerAddress{};
}

/// Nobody reaches anything there any more.
void remove_file_of(const PeerAddress& address) {
  if (!address.path.empty()) ::unlink(address.path.c_str());
}

} // namespace

void HeldSockets::find_again(std::int32_t place, Fd fd) {
  auto address = linux_os::listening_at(fd.get());
  const auto service = address ? service_at(address.value()) : std::nullopt;
  if (service && find(*service, address.value()) == nullptr) {
    held_.insert_or_assign(
        place, Held{*service, std::move(address).value(), std::make_shared<const Fd>(std::move(fd))});
    return;
  }
  if (address && !service) {
    handlers_.trouble("nobody listens on " + written(address.value()) + " any more: the socket is closed");
    remove_file_of(address.value());
  }
  handlers_.anchor.drop(place);
}

std::vector<std::shared_ptr<const Fd>> HeldSockets::of(ServiceId service) const {
  std::vector<std::shared_ptr<const Fd>> descriptors;
  for (const model::SocketSpec& socket : stack_.spec(service).program.sockets) {
    const Held* const held = find(service, address_of(socket));
    descriptors.push_back(held == nullptr ? nullptr : held->fd);
  }
  return descriptors;
}

void HeldSockets::take(ServiceId service, std::vector<linux_os::OpenedSocket> opened) {
  for (linux_os::OpenedSocket& one : opened) {
    auto address = listening_address_of(one.address);
    if (!address) continue;
    if (wants(service, address.value()))
      hold(service, std::move(address).value(), std::move(one.fd));
    else
      remove_file_of(address.value());
  }
}

void HeldSockets::settle(ServiceId service) {
  const model::Service& now = stack_.service(service);
  const auto phase = model::name_of(now.phase);
  if (phase == model::PhaseName::failed || (phase == model::PhaseName::down && !now.wanted)) release(service);
}

void HeldSockets::release(ServiceId service) {
  for (auto held = held_.begin(); held != held_.end();)
    held = held->second.service == service ? let_go(held) : std::next(held);
}

void HeldSockets::release_all() {
  while (!held_.empty())
    let_go(held_.begin());
}

void HeldSockets::respecified() {
  for (auto held = held_.begin(); held != held_.end();)
    held = wants(held->second.service, held->second.address) ? std::next(held) : let_go(held);
}

std::vector<wire::SocketStatus> HeldSockets::status(ServiceId service) const {
  std::vector<wire::SocketStatus> all;
  for (const model::SocketSpec& socket : stack_.spec(service).program.sockets) {
    wire::SocketStatus& shown = all.emplace_back();
    shown.name = socket.name;
    shown.address = socket.address;
    const Held* const held = find(service, address_of(socket));
    const auto queue = held == nullptr ? std::nullopt : linux_os::queue_of(held->fd->get());
    if (!queue) continue;
    shown.queue = queue->waiting;
    shown.backlog = queue->most;
  }
  return all;
}

std::optional<ServiceId> HeldSockets::service_at(const PeerAddress& address) const {
  for (std::uint32_t i = 0; i < stack_.size(); ++i)
    if (wants({i}, address)) return ServiceId{i};
  return std::nullopt;
}

bool HeldSockets::wants(ServiceId service, const PeerAddress& address) const {
  const model::ServiceSpec& spec = stack_.spec(service);
  const auto& sockets = spec.program.sockets;
  return !spec.removed && std::any_of(sockets.begin(), sockets.end(), [&](const model::SocketSpec& socket) {
    return address_of(socket) == address;
  });
}

const HeldSockets::Held* HeldSockets::find(ServiceId service, const PeerAddress& address) const {
  for (const auto& [place, held] : held_)
    if (held.service == service && held.address == address) return &held;
  return nullptr;
}

std::optional<std::int32_t> HeldSockets::free_place() const {
  for (std::int32_t place = 0; place < handlers_.anchor.places; ++place)
    if (!held_.contains(place)) return place;
  return std::nullopt;
}

void HeldSockets::hold(ServiceId service, PeerAddress address, Fd fd) {
  // Opened anew, since the file of the one before was gone. That file is this one's by now.
  const auto before = std::find_if(held_.begin(), held_.end(), [&](const auto& entry) {
    return entry.second.service == service && entry.second.address == address;
  });
  const auto place = before != held_.end() ? std::optional(before->first) : free_place();
  if (!place) return handlers_.trouble("no place is left to hold " + written(address));
  // Where the anchor does not have it, it is lost with us and with nothing less.
  if (auto held = handlers_.anchor.hold(*place, fd.get()); !held)
    handlers_.trouble(written(address) + " is not held by the anchor: " + held.error().what);
  held_.insert_or_assign(*place,
                         Held{service, std::move(address), std::make_shared<const Fd>(std::move(fd))});
}

HeldSockets::Places::iterator HeldSockets::let_go(Places::iterator held) {
  handlers_.anchor.drop(held->first);
  remove_file_of(held->second.address);
  return held_.erase(held);
}

} // namespace holdfast::engine
