#include "linux/memory_file.h"

#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

namespace holdfast::linux_os {
namespace {

class MemoryFile : public SharedMemory {
public:
  explicit MemoryFile(Fd fd) : fd_(std::move(fd)) {}
  ~MemoryFile() override {
    if (memory_ != nullptr) ::munmap(memory_, size_);
  }

  /// Maps as much as is there.
  [[nodiscard]] Status map(std::size_t size) {
    void* const memory = memory_ == nullptr
                             ? ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0)
                             : ::mremap(memory_, size_, size, MREMAP_MAYMOVE);
    if (memory == MAP_FAILED) return system_error("map memory", errno);
    memory_ = static_cast<char*>(memory);
    size_ = size;
    return Done{};
  }

  [[nodiscard]] std::string_view bytes() const override { return {memory_, size_}; }
  [[nodiscard]] int fd() const override { return fd_.get(); }

  [[nodiscard]] Status grow(std::size_t size) override {
    if (size <= size_) return Done{};
    // Beyond this limit the kernel would not only refuse but send a signal that ends us.
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && size > limit.rlim_cur)
      return system_error("make room in memory", EFBIG);
    // Pages that are there already: a store to one that cannot be had would be our end.
    while (::fallocate(fd_.get(), 0, 0, static_cast<off_t>(size)) != 0)
      if (errno != EINTR) return system_error("make room in memory", errno);
    return map(size);
  }

  void copy(std::size_t at, std::string_view bytes) override {
    assert(at <= size_ && bytes.size() <= size_ - at);
    std::memcpy(memory_ + at, bytes.data(), bytes.size());
  }

  void set(std::size_t at, std::uint64_t value) override {
    assert(at % sizeof value == 0 && sizeof value <= size_ && at <= size_ - sizeof value);
    // Who is killed has done what stands before the instruction at which he is, and nothing behind it: the
    // compiler alone must not move stores.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    std::atomic_ref(*reinterpret_cast<std::uint64_t*>(memory_ + at)).store(value, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }

private:
  Fd fd_;
  char* memory_ = nullptr;
  std::size_t size_ = 0;
};

static_assert(std::atomic_ref<std::uint64_t>::is_always_lock_free);

} // namespace

std::uint64_t SharedMemory::at(std::size_t at) const {
  std::uint64_t value = 0;
  assert(at + sizeof value <= bytes().size());
  std::memcpy(&value, bytes().data() + at, sizeof value);
  return value;
}

Result<std::unique_ptr<SharedMemory>> make_memory_file(const char* name, std::size_t size) {
  Fd fd(::memfd_create(name, MFD_CLOEXEC));
  if (!fd.valid()) return system_error("memfd_create", errno);
  auto memory = std::make_unique<MemoryFile>(std::move(fd));
  if (auto grown = memory->grow(size); !grown) return grown.error();
  return std::unique_ptr<SharedMemory>(std::move(memory));
}

Result<Fd> copy_memory_file(const char* name, int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error("stat memory", errno);
  Fd copy(::memfd_create(name, MFD_CLOEXEC));
  if (!copy.valid()) return system_error("memfd_create", errno);
  for (off_t at = 0; at < info.st_size;) {
    const ssize_t n = ::sendfile(copy.get(), fd, &at, static_cast<std::size_t>(info.st_size - at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return system_error("copy memory", n < 0 ? errno : EIO);
  }
  return copy;
}

Result<std::unique_ptr<SharedMemory>> map_memory_file(Fd fd) {
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return system_error("stat memory", errno);
  if (!S_ISREG(info.st_mode) || info.st_size == 0) return Error{"it is no memory, or empty", EINVAL};
  auto memory = std::make_unique<MemoryFile>(std::move(fd));
  if (auto mapped = memory->map(static_cast<std::size_t>(info.st_size)); !mapped) return mapped.error();
  return std::unique_ptr<SharedMemory>(std::move(memory));
}

} // namespace holdfast::linux_os
