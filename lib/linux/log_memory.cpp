#include "linux/log_memory.h"

#include "model/checksum.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <type_traits>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

constexpr std::uint64_t magic = 0x73676f6c66646c68; // "hldflogs"
constexpr std::uint32_t version = 1;
constexpr std::size_t most_rows = 4096;
constexpr std::size_t longest_name = 63;
constexpr int receipt_bytes = 1 << 20;
constexpr const char* another_size = "not of this version's size";

struct Row {
  std::atomic<std::uint32_t> in_use; ///< 1 when what follows is complete
  std::uint32_t checksum;            ///< of name and state
  std::array<char, longest_name + 1> name;
  LogState state;
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

/// What the memory of every version begins with.
struct Head {
  std::uint64_t magic;
  std::uint32_t version;
};

/// Empty: none, or nothing has been written yet.
std::string flaw_of(const Head& head) {
  if (head.magic == 0) return {};
  if (head.magic != magic) return "not that of a log capture";
  if (head.version == version) return {};
  return "of version " + std::to_string(head.version) + ", where " + std::to_string(version) +
         " is understood";
}

/// Of the bytes as they lie there: padding would be chance.
template <typename T>
std::uint32_t checksum_of(const T& value, std::uint32_t before = 0) {
  static_assert(std::has_unique_object_representations_v<T>);
  return model::checksum({reinterpret_cast<const char*>(&value), sizeof value}, before);
}

std::uint32_t checksum_of_row(const Row& row) {
  return checksum_of(row.state, checksum_of(row.name));
}

/// Whoever reads it comes after our end: nothing but the compiler can change the order that they see.
void store_in_order(std::atomic<std::uint32_t>& word, std::uint32_t value) {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  word.store(value, std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

Result<std::size_t> size_of(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error("memory of the logs", errno);
  return static_cast<std::size_t>(info.st_size);
}

Status resize(int fd, std::size_t size) {
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0)
    return system_error("memory of the logs: ftruncate", errno);
  return Done{};
}

} // namespace

struct LogMemory::Layout {
  std::uint64_t magic;
  std::uint32_t version;
  std::atomic<std::uint32_t> rows_begun; ///< those behind were never in use
  std::atomic<std::uint32_t> phase;
  std::uint32_t intent_checksum;
  LogIntent intent;
  std::array<Row, most_rows> rows;
};

void LogMemory::Unmap::operator()(Layout* layout) const {
  ::munmap(layout, sizeof(Layout));
}

Result<LogHold> LogHold::make() {
  LogHold hold;
  hold.memory = Fd(::memfd_create("holdfast-logs", MFD_CLOEXEC));
  if (!hold.memory.valid()) return system_error("memory of the logs: memfd_create", errno);
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return system_error("receipt pipe of the logs", errno);
  hold.receipt_read = Fd(ends[0]);
  hold.receipt_write = Fd(ends[1]);
  // Less is no error: a turn is never larger than what fits.
  ::fcntl(ends[1], F_SETPIPE_SZ, receipt_bytes);
  return hold;
}

Status LogMemory::is_known(int fd) {
  static_assert(offsetof(Layout, magic) == offsetof(Head, magic) &&
                offsetof(Layout, version) == offsetof(Head, version));
  Head head{};
  const auto size = size_of(fd);
  if (!size) return size.error();
  if (::pread(fd, &head, sizeof head, 0) < 0) return system_error("memory of the logs", errno);
  std::string flaw = flaw_of(head);
  if (flaw.empty() && !is_size_known(size.value())) flaw = another_size;
  if (flaw.empty()) return Done{};
  return Error{"memory of the logs: " + flaw};
}

Result<LogMemory> LogMemory::map(int fd) {
  const auto size = size_of(fd);
  if (!size) return size.error();
  // Behind its end a memory cannot be looked at.
  if (auto sized = resize(fd, sizeof(Layout)); !sized) return sized.error();
  void* const at = ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return system_error("memory of the logs: mmap", errno);
  LogMemory memory(static_cast<Layout*>(at));
  if (!is_size_known(size.value()))
    memory.refusal_ = std::string("memory of the logs: ") + another_size;
  else if (const std::string flaw = memory.flaw(); !flaw.empty())
    memory.refusal_ = "memory of the logs: " + flaw;
  if (!memory.refusal_.empty() || memory.layout_->magic == 0)
    if (auto begun = memory.begin_anew(fd); !begun) return begun.error();
  memory.forget_what_says_nothing();
  return memory;
}

/// 0: nothing has been written yet.
bool LogMemory::is_size_known(std::size_t size) {
  return size == 0 || size == sizeof(Layout);
}

/// As flaw_of().
std::string LogMemory::flaw() const {
  if (layout_->magic == 0) return {};
  if (std::string flaw = flaw_of({layout_->magic, layout_->version}); !flaw.empty()) return flaw;
  const std::size_t rows = layout_->rows_begun;
  if (rows > most_rows || layout_->phase > static_cast<std::uint32_t>(Phase::moving)) return "damaged";
  if (phase() != Phase::idle &&
      (checksum_of(layout_->intent) != layout_->intent_checksum || layout_->intent.row >= rows))
    return "damaged where it tells of the turn that was under way";
  for (std::size_t i = 0; i < rows; ++i)
    if (const Row& row = layout_->rows[i];
        row.in_use != 0 && !may_be_torn(i) && checksum_of_row(row) != row.checksum)
      return "damaged where it tells of a service";
  return {};
}

/// What a turn changes last: it will be written again.
bool LogMemory::may_be_torn(std::size_t row) const {
  return (phase() == Phase::written || phase() == Phase::moving) && layout_->intent.row == row;
}

Status LogMemory::begin_anew(int fd) {
  // Cut off and made longer it is zero; the magic comes last.
  if (auto emptied = resize(fd, 0); !emptied) return emptied;
  if (auto sized = resize(fd, sizeof(Layout)); !sized) return sized;
  layout_->version = version;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  layout_->magic = magic;
  return Done{};
}

/// Else the names that services had before would fill it in time.
void LogMemory::forget_what_says_nothing() {
  if (phase() != Phase::idle) return;
  for (std::size_t i = 0; i < layout_->rows_begun; ++i)
    if (Row& row = layout_->rows[i]; row.state == LogState{}) store_in_order(row.in_use, 0);
}

Result<std::size_t> LogMemory::row_of(const std::string& service) {
  if (service.empty() || service.size() > longest_name)
    return Error{"memory of the logs: bad name \"" + service + "\"", EINVAL};
  const std::size_t begun = layout_->rows_begun;
  std::size_t row = begun;
  for (std::size_t i = 0; i < begun; ++i) {
    if (layout_->rows[i].in_use == 0)
      row = std::min(row, i);
    else if (this->service(i) == service)
      return i;
  }
  if (row == most_rows) return Error{"memory of the logs: no room for another service", ENOSPC};
  begin_row(row, service);
  return row;
}

void LogMemory::begin_row(std::size_t at, const std::string& service) {
  Row& row = layout_->rows[at];
  row.name = {};
  std::copy(service.begin(), service.end(), row.name.begin());
  row.state = {};
  row.checksum = checksum_of_row(row);
  store_in_order(row.in_use, 1);
  if (at == layout_->rows_begun) store_in_order(layout_->rows_begun, static_cast<std::uint32_t>(at + 1));
}

std::string LogMemory::service(std::size_t row) const {
  const auto& name = layout_->rows[row].name;
  return {name.begin(), std::find(name.begin(), name.end(), '\0')};
}

const LogState& LogMemory::state(std::size_t row) const {
  return layout_->rows[row].state;
}

void LogMemory::put(std::size_t at, const LogState& state) {
  Row& row = layout_->rows[at];
  row.state = state;
  row.checksum = checksum_of_row(row);
}

LogMemory::Phase LogMemory::phase() const {
  return static_cast<Phase>(layout_->phase.load(std::memory_order_relaxed));
}

const LogIntent& LogMemory::intent() const {
  return layout_->intent;
}

void LogMemory::arm(Phase phase, const LogIntent& intent) {
  layout_->intent = intent;
  layout_->intent_checksum = checksum_of(intent);
  set(phase);
}

void LogMemory::set(Phase phase) {
  store_in_order(layout_->phase, static_cast<std::uint32_t>(phase));
}

} // namespace holdfast::linux_os
