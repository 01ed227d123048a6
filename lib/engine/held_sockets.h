#pragma once

#include "base/address.h"
#include "base/fd.h"
#include "base/ids.h"
#include "linux/launcher.h"
#include "linux/listening_socket.h"
#include "model/stack.h"
#include "wire/status_view.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::engine {

/// The listening sockets of the services, which outlive their runs: as long as a service is wanted, whoever
/// connects while none of its runs is there waits in the queue instead of being refused. Opened by the look
/// that comes before a start, and with the anchor before the first program has them; so they outlive the
/// engine too, and the next one asks the kernel where each is bound. A service that is stopped or has failed
/// holds none: nobody is to wait for what does not come.
class HeldSockets {
public:
  /// Between the anchor and us: places count from 0, and there are `places` of them.
  struct Anchor {
    std::function<Status(std::int32_t place, int fd)> hold;
    std::function<void(std::int32_t place)> drop;
    std::int32_t places = 0;
  };
  struct Handlers {
    Anchor anchor;
    std::function<void(std::string)> trouble;
  };

  HeldSockets(const model::Stack& stack, Handlers handlers) : stack_(stack), handlers_(std::move(handlers)) {}

  /// Takes one over that an earlier engine left with the anchor. What is no listening socket, or at an
  /// address where no service of the stack is to listen, is let go of, and the latter is told. Whether its
  /// service is to hold any is for settle() to see, when the model knows it.
  void find_again(std::int32_t place, Fd fd);

  /// For each socket of the service, in the order of its spec, the one that is held; none: it is not open.
  [[nodiscard]] std::vector<std::shared_ptr<const Fd>> of(ServiceId service) const;
  /// What a look has opened. One that a reload has made superfluous meanwhile is let go of.
  void take(ServiceId service, std::vector<linux_os::OpenedSocket> opened);

  /// Lets go of what the service holds where it is down for good, as far as the model knows now.
  void settle(ServiceId service);
  void release_all();
  /// The stack has another spec: what it does not name any more is let go of.
  void respecified();

  /// Of one service, in the order of its spec; those that are not open have no numbers.
  [[nodiscard]] std::vector<wire::SocketStatus> status(ServiceId service) const;

private:
  struct Held {
    ServiceId service;
    PeerAddress address;
    std::shared_ptr<const Fd> fd;
  };
  using Places = std::map<std::int32_t, Held>;

  void release(ServiceId service);
  [[nodiscard]] std::optional<ServiceId> service_at(const PeerAddress& address) const;
  [[nodiscard]] bool wants(ServiceId service, const PeerAddress& address) const;
  [[nodiscard]] const Held* find(ServiceId service, const PeerAddress& address) const;
  [[nodiscard]] std::optional<std::int32_t> free_place() const;
  void hold(ServiceId service, PeerAddress address, Fd fd);
  Places::iterator let_go(Places::iterator held);

  const model::Stack& stack_;
  Handlers handlers_;
  Places held_;
};

} // namespace holdfast::engine
