#include "linux/journal_forward.h"

#include "linux/socket_path.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <system_error>

namespace holdfast::linux_os {
namespace {

constexpr std::size_t most_at_once = 64;
constexpr Duration between_connects = std::chrono::seconds(1);
constexpr Duration between_complaints_of_loss = std::chrono::minutes(1);
/// As much as systemd's own clients ask for; the kernel may give less.
constexpr int send_buffer_bytes = 8 << 20;

/// The kernel only reads what is sent.
iovec part(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};
}

std::string lines_of(std::uint64_t lines) {
  return std::to_string(lines) + (lines == 1 ? " line" : " lines");
}

} // namespace

void JournalForward::take(const std::string& service, LogPipeId source, std::string_view raw, MonoTime now) {
  entries_.clear();
  std::string ended_line; // of which a part came before
  Open& open = open_[source.id];
  while (!raw.empty()) {
    const std::size_t newline = raw.find('\n');
    const bool ends = newline != std::string_view::npos;
    const std::string_view piece = raw.substr(0, newline);
    raw.remove_prefix(ends ? newline + 1 : raw.size());
    if (!ends || !open.text.empty() || open.is_cut) {
      const std::size_t room = longest_message - open.text.size();
      open.is_cut = open.is_cut || piece.size() > room;
      open.text += piece.substr(0, room);
      if (!ends) break;
      // The first one only: what follows it in these bytes begins with its line.
      ended_line = std::exchange(open.text, {});
      entries_.push_back({ended_line, std::exchange(open.is_cut, false)});
    } else {
      entries_.push_back({piece.substr(0, longest_message), piece.size() > longest_message});
    }
  }
  if (open.text.empty() && !open.is_cut) open_.erase(source.id);
  send(service, known(service), now);
}

void JournalForward::ended(const std::string& service, LogPipeId source, MonoTime now) {
  const auto found = open_.find(source.id);
  if (found == open_.end()) return;
  const Open open = std::move(found->second);
  open_.erase(found);
  entries_.assign(1, {open.text, open.is_cut});
  send(service, known(service), now);
}

JournalForward::Service& JournalForward::known(const std::string& name) {
  Service& service = services_[name];
  if (service.fields.empty())
    service.fields = "PRIORITY=6\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=" + name +
                     "\nHOLDFAST_STACK=" + options_.stack + "\nHOLDFAST_SERVICE=" + name + "\nMESSAGE=";
  return service;
}

void JournalForward::send(const std::string& name, Service& service, MonoTime now) {
  if (entries_.empty()) return;
  if (!is_connected(now)) return lose(name, service, entries_.size(), now);
  if (service.lost > 0) {
    const std::string gap = "holdfast: " + lines_of(service.lost) +
                            " before this one did not come into the journal; " +
                            (service.lost == 1 ? "it is" : "they are") + " in " + name + ".log";
    const Entry entry{gap, false};
    if (send_some(service, &entry, 1) == 1) service.lost = 0;
  }
  std::size_t sent = 0;
  // Behind a gap that could not be told nothing is sent: it would be told in another place.
  while (service.lost == 0 && sent < entries_.size()) {
    const std::size_t wanted = std::min(entries_.size() - sent, most_at_once);
    const std::size_t taken = send_some(service, entries_.data() + sent, wanted);
    sent += taken;
    if (taken < wanted) break;
  }
  if (sent < entries_.size()) lose(name, service, entries_.size() - sent, now);
}

/// How many of them the journal has.
std::size_t JournalForward::send_some(const Service& service, const Entry* first, std::size_t count) {
  std::array<std::array<iovec, 3>, most_at_once> parts{};
  std::array<mmsghdr, most_at_once> messages{};
  for (std::size_t i = 0; i < count; ++i) {
    parts.at(i) = {part(service.fields), part(first[i].text),
                   part(first[i].is_cut ? "\nHOLDFAST_CUT=1\n" : "\n")};
    messages.at(i).msg_hdr.msg_iov = parts.at(i).data();
    messages.at(i).msg_hdr.msg_iovlen = parts.at(i).size();
  }
  std::size_t sent = 0;
  while (sent < count) {
    const int taken = ::sendmmsg(socket_.get(), messages.data() + sent, static_cast<unsigned>(count - sent),
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken < 0 && errno == EINTR) continue;
    if (taken <= 0) {
      code_ = taken < 0 ? errno : EAGAIN;
      // A full queue is one that is there.
      if (code_ != EAGAIN && code_ != ENOBUFS && code_ != EMSGSIZE) socket_.reset();
      break;
    }
    sent += static_cast<std::size_t>(taken);
  }
  return sent;
}

bool JournalForward::is_connected(MonoTime now) {
  if (socket_.valid()) return true;
  if (tried_ && now < later(*tried_, between_connects)) return false;
  tried_ = now;
  const auto address = unix_address(options_.socket);
  Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  code_ = EINVAL;
  if (!address) return false;
  const bool is_open =
      socket.valid() &&
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.value()), sizeof(sockaddr_un)) == 0;
  code_ = errno;
  if (!is_open) return false;
  // Less is no error: the queue is shorter then.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
  socket_ = std::move(socket);
  return true;
}

void JournalForward::lose(const std::string& name, Service& service, std::size_t lines, MonoTime now) {
  service.lost += lines;
  if (service.told && now < later(*service.told, between_complaints_of_loss)) return;
  service.told = now;
  options_.trouble(name + ".log: " + lines_of(service.lost) + " not forwarded to the journal (" +
                   std::generic_category().message(code_) + "); the file has them");
}

} // namespace holdfast::linux_os
