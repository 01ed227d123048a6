#include "engine/notify_hub.h"

namespace holdfast::engine {

Status NotifyHub::open(ServiceId service, const std::string& path) {
  // One of the same name that was removed: the new socket takes its path.
  std::erase_if(entries_, [&](const auto& entry) { return entry.second->socket.path() == path; });
  auto socket = linux_os::NotifySocket::bind(path);
  if (!socket) return socket.error();
  enter(service, std::move(socket).value());
  return Done{};
}

void NotifyHub::adopt(ServiceId service, const std::string& path, Fd socket) {
  enter(service, linux_os::NotifySocket::adopt(path, std::move(socket)));
}

void NotifyHub::enter(ServiceId service, linux_os::NotifySocket socket) {
  auto entry = std::make_unique<Entry>(loop_, std::move(socket));
  wait(service, *entry);
  entries_[service] = std::move(entry);
}

int NotifyHub::descriptor(ServiceId service) const {
  const auto entry = entries_.find(service);
  return entry == entries_.end() ? -1 : entry->second->socket.fd();
}

void NotifyHub::close(ServiceId service) {
  entries_.erase(service);
}

std::string NotifyHub::environment(ServiceId service) const {
  const auto entry = entries_.find(service);
  return entry == entries_.end() ? std::string() : "NOTIFY_SOCKET=" + entry->second->socket.path();
}

void NotifyHub::wait(ServiceId service, Entry& entry) {
  entry.readable.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                            [this, service, &entry](boost::system::error_code error) {
                              if (error) return;
                              const auto is_member = [&](int pid, std::string_view cgroup) {
                                return handlers_.is_member(service, pid, cgroup);
                              };
                              entry.socket.receive(is_member, [this, service](const auto& said) {
                                handlers_.notified(service, said);
                              });
                              wait(service, entry);
                            });
}

} // namespace holdfast::engine
