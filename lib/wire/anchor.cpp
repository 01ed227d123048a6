#include "wire/anchor.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <type_traits>
#include <unistd.h>

namespace holdfast::wire {
namespace {

struct Packet {
  const void* bytes;
  std::size_t size;
  int descriptor = -1;
  int flags = 0;
};

Status send_packet(int socket, const Packet& packet) {
  iovec part{const_cast<void*>(packet.bytes), packet.size};
  alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof(int))]{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (packet.descriptor >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &packet.descriptor, sizeof packet.descriptor);
  }
  ssize_t n = 0;
  do
    n = ::sendmsg(socket, &message, MSG_NOSIGNAL | packet.flags);
  while (n < 0 && errno == EINTR);
  if (n < 0) return system_error("send", errno);
  return Done{};
}

int descriptor_of(msghdr& message) {
  int descriptor = -1;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS)
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return descriptor;
}

template <typename Record>
Result<std::optional<Record>> receive(int socket, int& descriptor) {
  static_assert(std::is_trivially_copyable_v<Record>);
  Record record;
  iovec part{&record, sizeof record};
  alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof(int))]{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  // Without the padding, in which the kernel would deliver a second descriptor.
  message.msg_controllen = CMSG_LEN(sizeof(int));
  ssize_t n = 0;
  do
    n = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  // ECONNRESET is said once where the other end closed without reading all; what it sent before is still
  // there.
  while (n < 0 && (errno == EINTR || errno == ECONNRESET));
  if (n < 0 && errno == EAGAIN) return std::optional<Record>{};
  if (n < 0) return system_error("receive", errno);
  descriptor = descriptor_of(message);
  if (n == 0) return Error{"the other end is gone", 0};
  if (static_cast<std::size_t>(n) == sizeof record && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
    return std::optional<Record>{record};
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
  return Error{"a packet that is not a record", EPROTO};
}

} // namespace

Status send_record(int socket, const AnchorRecord& record) {
  return send_packet(socket,
                     {.bytes = &record, .size = sizeof record, .descriptor = -1, .flags = MSG_DONTWAIT});
}

Status send_record(int socket, const EngineRecord& record, int descriptor) {
  return send_packet(socket, {.bytes = &record, .size = sizeof record, .descriptor = descriptor, .flags = 0});
}

Result<std::optional<AnchorRecord>> receive_from_anchor(int socket) {
  int descriptor = -1;
  auto record = receive<AnchorRecord>(socket, descriptor);
  if (descriptor >= 0) ::close(descriptor);
  return record;
}

Result<std::optional<EngineRecord>> receive_from_engine(int socket, int& descriptor) {
  descriptor = -1;
  return receive<EngineRecord>(socket, descriptor);
}

} // namespace holdfast::wire
