#include "anchor/service_manager.h"

#include "base/fd.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace holdfast::anchor {
namespace {

std::string take(const char* variable) {
  const char* const value = std::getenv(variable);
  std::string taken = value == nullptr ? "" : value;
  ::unsetenv(variable);
  return taken;
}

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size() ? value : 0;
}

bool is_address(const std::string& text) {
  return (text.starts_with('/') || text.starts_with('@')) && text.size() < sizeof(sockaddr_un::sun_path);
}

} // namespace

ServiceManager ServiceManager::from_environment() {
  const std::string address = take("NOTIFY_SOCKET");
  const std::uint64_t allowed = number(take("WATCHDOG_USEC"));
  const std::string whose = take("WATCHDOG_PID");
  ServiceManager manager;
  if (!is_address(address)) return manager;
  manager.address_ = address;
  if (address.front() == '@') manager.address_.front() = '\0';
  if (!whose.empty() && number(whose) != static_cast<std::uint64_t>(::getpid())) return manager;
  constexpr std::uint64_t longest = 24ULL * 60 * 60 * 1'000'000;
  manager.every_ = std::chrono::microseconds(std::min(allowed, longest) / 3);
  return manager;
}

void ServiceManager::tell(std::string_view datagram) const {
  if (address_.empty()) return;
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return;
  const timeval patience{1, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  // A manager that does not listen is nothing that we could mend.
  static_cast<void>(::sendto(socket.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&to), size));
}

void ServiceManager::pulse(MonoTime now) {
  if (every_ == Duration{} || now < next_) return;
  next_ = now + every_;
  tell("WATCHDOG=1");
}

int ServiceManager::until_pulse(MonoTime now) const {
  if (every_ == Duration{}) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_ - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

} // namespace holdfast::anchor
