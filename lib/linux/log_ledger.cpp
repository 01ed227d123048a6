#include "linux/log_ledger.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

using Phase = LogMemory::Phase;

Result<std::uint64_t> bytes_in(int pipe) {
  int bytes = 0;
  if (::ioctl(pipe, FIONREAD, &bytes) != 0) return system_error("receipt pipe of the logs", errno);
  return static_cast<std::uint64_t>(bytes);
}

} // namespace

Result<LogLedger> LogLedger::open(LogHold hold, int directory_fd) {
  auto memory = LogMemory::map(hold.memory.get());
  if (!memory) return memory.error();
  Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!null.valid()) return system_error("/dev/null", errno);
  LogLedger ledger(std::move(hold), std::move(memory).value(), std::move(null));
  if (const int size = ledger.receipt_size(); size <= 0)
    return system_error("receipt pipe of the logs", errno);
  if (const std::string& refusal = ledger.memory_.refusal(); !refusal.empty())
    ledger.complaints_.push_back(refusal + "; begun anew, what was under way may be lost or written twice");
  const auto taken = bytes_in(ledger.hold_.receipt_read.get());
  if (!taken) return taken.error();
  ledger.recover(directory_fd, taken.value());
  return ledger;
}

int LogLedger::receipt_size() const {
  return ::fcntl(hold_.receipt_write.get(), F_GETPIPE_SZ);
}

void LogLedger::finish(int pipe) {
  memory_.set(Phase::written);
  settle(take(pipe, memory_.intent().used));
}

/// `taken` bytes of what the intent uses are in the receipt, and will not be more.
void LogLedger::settle(std::uint64_t taken) {
  const LogIntent& intent = memory_.intent();
  LogState next = intent.next;
  if (taken < intent.used)
    next.owed = {.source = intent.source, .bytes = intent.used - taken};
  else if (next.owed.source == intent.source)
    next.owed = {};
  memory_.put(intent.row, next);
  memory_.set(Phase::idle);
  empty_receipt(taken);
}

void LogLedger::finish_moving(bool moved, bool line_is_open) {
  const LogIntent& intent = memory_.intent();
  if (moved) {
    LogState next = intent.next;
    if (!line_is_open) next.open_line = {};
    memory_.put(intent.row, next);
  }
  memory_.set(Phase::idle);
}

void LogLedger::recover(int directory_fd, std::uint64_t taken) {
  switch (memory_.phase()) {
  case Phase::idle: empty_receipt(taken); return;
  case Phase::writing: undo(directory_fd); return;
  case Phase::moving: recover_moving(directory_fd); return;
  case Phase::written:
    // With nothing taken it could be ended too, by taking it now; but its source is not here yet.
    if (taken == 0 && memory_.intent().used > 0)
      undo(directory_fd);
    else
      settle(taken);
    return;
  }
}

void LogLedger::undo(int directory_fd) {
  const LogIntent& intent = memory_.intent();
  const std::string service = memory_.service(intent.row);
  if (const auto cut = cut_back(directory_fd, service, intent.place); !cut)
    complaints_.push_back(cut.error().what + "; lines may be in it twice");
  memory_.set(Phase::idle);
}

void LogLedger::recover_moving(int directory_fd) {
  const LogIntent& intent = memory_.intent();
  const auto end = end_since(directory_fd, memory_.service(intent.row), intent.place);
  if (!end) complaints_.push_back(end.error().what + "; a line may be in two parts");
  finish_moving(end && end.value() != LogEnd::unchanged, end && end.value() == LogEnd::open_line);
}

/// Takes bytes that are there. One call takes all: it holds both pipes meanwhile, and they fit the receipt.
std::uint64_t LogLedger::take(int pipe, std::uint64_t bytes) const {
  std::uint64_t taken = 0;
  while (taken < bytes) {
    const ssize_t n = ::splice(pipe, nullptr, hold_.receipt_write.get(), nullptr,
                               static_cast<std::size_t>(bytes - taken), SPLICE_F_NONBLOCK);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    taken += static_cast<std::uint64_t>(n);
  }
  return taken;
}

void LogLedger::empty_receipt(std::uint64_t bytes) const {
  while (bytes > 0) {
    const ssize_t n = ::splice(hold_.receipt_read.get(), nullptr, null_.get(), nullptr,
                               static_cast<std::size_t>(bytes), SPLICE_F_NONBLOCK);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    bytes -= static_cast<std::uint64_t>(n);
  }
}

} // namespace holdfast::linux_os
