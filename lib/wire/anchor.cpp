#include "wire/anchor.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <type_traits>
#include <unistd.h>
#include <utility>

namespace holdfast::wire {
namespace {

struct Packet {
  const void* bytes;
  std::size_t size;
  std::string_view text = {};
  int descriptor = -1;
  int flags = 0;
};

/// 0 or errno.
int send_packet(int socket, const Packet& packet) {
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
  return n < 0 ? errno : 0;
}

Status sent(int error) {
  if (error != 0) return system_error("send", error);
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
std::size_t text_of(const EngineRecord& record) {
  if (record.kind == ToAnchor::notify && record.value >= 0) return static_cast<std::size_t>(record.value);
  return 0;
}

/// Where a packet is put.
struct Place {
  void* record;
  std::size_t record_size;
  Attached& attached;
  std::size_t size = 0; ///< that came
};

/// All but whether the bytes are a record: `nothing` and `gone`, or `record` with the packet's whole size.
Heard receive_packet(int socket, Place& to) {
  to.attached.descriptor = -1;
  to.attached.notice_size = 0;
  std::array<iovec, 2> parts{
      {{to.record, to.record_size}, {to.attached.notice_bytes.data(), to.attached.notice_bytes.size()}}};
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
  if (n < 0) return errno == EAGAIN ? Heard::nothing : Heard::gone;
  to.attached.descriptor = descriptor_of(message);
  if (n == 0) return Heard::gone;
  to.size = static_cast<std::size_t>(n);
  return to.size < to.record_size || is_cut(message) ? Heard::refused : Heard::record;
}

Heard refuse(Attached& attached) {
  if (attached.descriptor >= 0) ::close(std::exchange(attached.descriptor, -1));
  return Heard::refused;
}

} // namespace

bool send_record(int socket, const AnchorRecord& record) {
  return send_packet(socket, {.bytes = &record, .size = sizeof record, .flags = MSG_DONTWAIT}) == 0;
}

Status send_record(int socket, const EngineRecord& record, int descriptor) {
  return sent(send_packet(socket, {.bytes = &record, .size = sizeof record, .descriptor = descriptor}));
}

Status send_notice(int socket, std::string_view text) {
  if (text.size() > longest_notice) return Error{"too long for a notice", EMSGSIZE};
  const EngineRecord record{ToAnchor::notify, static_cast<std::int32_t>(text.size())};
  return sent(send_packet(socket, {.bytes = &record, .size = sizeof record, .text = text}));
}

Heard receive_from_engine(int socket, EngineRecord& record, Attached& attached) {
  Place place{&record, sizeof record, attached};
  const Heard heard = receive_packet(socket, place);
  if (heard == Heard::nothing || heard == Heard::gone) return heard;
  if (heard == Heard::refused || place.size != sizeof record + text_of(record)) return refuse(attached);
  attached.notice_size = place.size - sizeof record;
  return Heard::record;
}

Result<std::optional<AnchorRecord>> receive_from_anchor(int socket) {
  AnchorRecord record;
  Attached attached;
  Place place{&record, sizeof record, attached};
  const Heard heard = receive_packet(socket, place);
  if (heard == Heard::nothing) return std::optional<AnchorRecord>{};
  if (heard == Heard::gone) return Error{"the other end is gone", 0};
  // It brings no descriptor.
  const bool is_record = heard == Heard::record && place.size == sizeof record && attached.descriptor < 0;
  if (is_record) return std::optional<AnchorRecord>{record};
  static_cast<void>(refuse(attached));
  return Error{"a packet that is not a record", EPROTO};
}

} // namespace holdfast::wire
