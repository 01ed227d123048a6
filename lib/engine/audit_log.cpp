#include "engine/audit_log.h"

#include "wire/held.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace holdfast::engine {

void AuditLog::open(Held& held) {
  if (auto begun = begin(held); !begun) parts_.trouble("the log of commands: " + begun.error().what);
}

Status AuditLog::begin(Held& held) {
  linux_os::LogPipe pipe{.read = held.take(wire::audit_read_slot),
                         .write = held.take(wire::audit_write_slot)};
  if (!pipe.read.valid() || !pipe.write.valid()) {
    auto made = linux_os::LogPipe::make();
    if (!made) return made.error();
    pipe = std::move(made).value();
    if (::fcntl(pipe.write.get(), F_SETFL, O_NONBLOCK) != 0) return system_error("O_NONBLOCK", errno);
    // Where it is not held it is lost with this engine, and nothing worse.
    static_cast<void>(parts_.anchor.hold(wire::audit_read_slot, pipe.read.get()));
    static_cast<void>(parts_.anchor.hold(wire::audit_write_slot, pipe.write.get()));
  }
  pipe_ = std::move(pipe.write);
  const auto added = parts_.logs.add({.service = std::string(wire::audit_log),
                                      .timestamps = true,
                                      .id = static_cast<std::uint64_t>(wire::audit_read_slot)},
                                     std::move(pipe.read));
  return added ? Status(Done{}) : Status(added.error());
}

void AuditLog::write(const wire::AuditLine& line) {
  if (!pipe_.valid()) return;
  if (lost_ > 0 && put("lost lines=" + std::to_string(lost_))) lost_ = 0;
  if (lost_ == 0 && put(encode(line))) return;
  if (lost_++ == 0) parts_.trouble("the log of commands is behind; lines of it are lost");
}

/// All of it or nothing.
bool AuditLog::put(std::string text) {
  text += '\n';
  return ::write(pipe_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

} // namespace holdfast::engine
