#pragma once

#include "base/ids.h"
#include "linux/notify_socket.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace holdfast::engine {

/// The notify sockets of all services that speak sd_notify, RUNTIME/notify/SERVICE.
class NotifyHub {
public:
  /// Which run a sender belongs to is the caller's knowledge: `is_member(service, pid, cgroup)`.
  struct Handlers {
    std::function<bool(ServiceId service, int pid, std::string_view cgroup)> is_member;
    std::function<void(ServiceId service, const linux_os::Notification&)> notified;
  };

  NotifyHub(boost::asio::io_context& loop, Handlers handlers) : loop_(loop), handlers_(std::move(handlers)) {}

  [[nodiscard]] Status open(ServiceId service, const std::string& path);
  /// One that an earlier engine opened there.
  void adopt(ServiceId service, const std::string& path, Fd socket);
  /// Borrowed: for the anchor to hold. -1: there is none.
  [[nodiscard]] int descriptor(ServiceId service) const;
  [[nodiscard]] bool has(ServiceId service) const { return entries_.contains(service); }
  /// Nobody is heard there any more.
  void close(ServiceId service);
  /// "NOTIFY_SOCKET=…" for the service's environment; empty where it has none.
  [[nodiscard]] std::string environment(ServiceId service) const;

private:
  struct Entry {
    Entry(boost::asio::io_context& loop, linux_os::NotifySocket opened)
        : socket(std::move(opened)), readable(loop, socket.fd()) {}
    ~Entry() { readable.release(); } ///< what waits for it is told that it was cancelled
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    linux_os::NotifySocket socket;
    boost::asio::posix::stream_descriptor readable; ///< borrows the socket's descriptor
  };

  void enter(ServiceId service, linux_os::NotifySocket socket);
  void wait(ServiceId service, Entry& entry);

  boost::asio::io_context& loop_;
  Handlers handlers_;
  std::map<ServiceId, std::unique_ptr<Entry>> entries_;
};

} // namespace holdfast::engine
