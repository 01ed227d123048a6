#include "wire/anchor.h"

#include <array>
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
  std::string_view text = {};
  int descriptor = -1;
  int flags = 0;
};

Status send_packet(int socket, const Packet& packet) {
  std::array<iovec, 2> parts{{{const_cast<void*>(packet.bytes), packet.size},
                              {const_cast<char*>(packet.text.data()), packet.text.size()}}};
  alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof(int))]{};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
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

bool is_cut(const msghdr& message) {
  return (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
}

/// Bytes that stand behind a record: of `notify` as many as it says, of all others none.
template <typename Record>
std::size_t text_of(const Record& record) {
  if constexpr (std::is_same_v<Record, EngineRecord>)
    if (record.kind == ToAnchor::notify && record.value >= 0) return static_cast<std::size_t>(record.value);
  return 0;
}

template <typename Record>
Result<std::optional<Record>> receive(int socket, Attached& attached) {
  static_assert(std::is_trivially_copyable_v<Record>);
  attached = {};
  Record record;
  std::array<char, longest_notice> text{};
  std::array<iovec, 2> parts{{{&record, sizeof record}, {text.data(), text.size()}}};
  alignas(cmsghdr) std::byte control[CMSG_SPACE(sizeof(int))]{};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
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
  attached.descriptor = descriptor_of(message);
  if (n == 0) return Error{"the other end is gone", 0};
  const auto size = static_cast<std::size_t>(n);
  if (size >= sizeof record && size == sizeof record + text_of(record) && !is_cut(message)) {
    attached.notice.assign(text.data(), size - sizeof record);
    return std::optional<Record>{record};
  }
  if (attached.descriptor >= 0) ::close(attached.descriptor);
  attached.descriptor = -1;
  return Error{"a packet that is not a record", EPROTO};
}

} // namespace

Status send_record(int socket, const AnchorRecord& record) {
  return send_packet(socket, {.bytes = &record, .size = sizeof record, .flags = MSG_DONTWAIT});
}

Status send_record(int socket, const EngineRecord& record, int descriptor) {
  return send_packet(socket, {.bytes = &record, .size = sizeof record, .descriptor = descriptor});
}

Status send_notice(int socket, std::string_view text) {
  if (text.size() > longest_notice) return Error{"too long for a notice", EMSGSIZE};
  const EngineRecord record{ToAnchor::notify, static_cast<std::int32_t>(text.size())};
  return send_packet(socket, {.bytes = &record, .size = sizeof record, .text = text});
}

Result<std::optional<AnchorRecord>> receive_from_anchor(int socket) {
  Attached attached;
  auto record = receive<AnchorRecord>(socket, attached);
  if (attached.descriptor >= 0) ::close(attached.descriptor);
  return record;
}

Result<std::optional<EngineRecord>> receive_from_engine(int socket, Attached& attached) {
  return receive<EngineRecord>(socket, attached);
}

} // namespace holdfast::wire
