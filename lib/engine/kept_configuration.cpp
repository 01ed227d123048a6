#include "engine/kept_configuration.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace holdfast::engine {
namespace {

constexpr std::array<char, 8> magic = {'H', 'F', 'K', 'E', 'P', 'T', '1', '\n'}; ///< 1 is the format
constexpr std::size_t page = 4096;

std::uint64_t up_to_page(std::uint64_t offset) {
  return (offset + page - 1) / page * page;
}

Status write_all(int fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return system_error("write", n < 0 ? errno : EIO);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return Done{};
}

Result<std::string> read_at(int fd, std::uint64_t offset, std::uint64_t length) {
  std::string bytes(length, '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t n = ::pread(fd, bytes.data() + got, bytes.size() - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? system_error("read", errno) : Error{"it ends too early", 0};
    got += static_cast<std::size_t>(n);
  }
  return bytes;
}

Error about(Error error) {
  return error.in("the kept configuration");
}

} // namespace

/// Where one of the two stands. Its number is stored last and taken away first.
struct KeptConfiguration::Place {
  std::atomic<std::uint64_t> number; ///< 0: what follows is nothing
  std::uint64_t offset;
  std::uint64_t length;
};

/// The memory's first page.
struct KeptConfiguration::Head {
  std::array<char, 8> magic;
  std::atomic<std::uint64_t> last; ///< the number that was given last
  std::atomic<std::uint64_t> in_force;
  std::array<Place, 2> places;
};

Result<KeptConfiguration::Head*> KeptConfiguration::map(int memory) {
  static_assert(sizeof(Head) <= page && std::atomic<std::uint64_t>::is_always_lock_free);
  void* const head = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (head == MAP_FAILED) return about(system_error("mmap", errno));
  return static_cast<Head*>(head);
}

Result<KeptConfiguration> KeptConfiguration::make(const config::KeptFiles& files) {
  Fd memory(::memfd_create("holdfast-configuration", MFD_CLOEXEC));
  if (!memory.valid()) return about(system_error("memfd_create", errno));
  // Not only its length: a page that is there cannot be missing later.
  if (::fallocate(memory.get(), 0, 0, page) != 0) return about(system_error("fallocate", errno));
  auto head = map(memory.get());
  if (!head) return head.error();
  head.value()->magic = magic;
  KeptConfiguration kept(std::move(memory), head.value());
  const auto first = kept.prepare(files);
  if (!first) return first.error();
  kept.put_in_force(first.value());
  return kept;
}

Result<KeptConfiguration> KeptConfiguration::open(Fd memory) {
  const off_t size = ::lseek(memory.get(), 0, SEEK_END);
  if (size < 0) return about(system_error("lseek", errno));
  if (static_cast<std::size_t>(size) < page) return about(Error{"it ends within its head", 0});
  auto head = map(memory.get());
  if (!head) return head.error();
  KeptConfiguration kept(std::move(memory), head.value());
  if (kept.head_->magic != magic) return about(Error{"it is something else, or of another format", 0});
  return kept;
}

KeptConfiguration::KeptConfiguration(KeptConfiguration&& other) noexcept
    : memory_(std::move(other.memory_)), head_(std::exchange(other.head_, nullptr)) {}

KeptConfiguration& KeptConfiguration::operator=(KeptConfiguration&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(head_, other.head_);
  return *this;
}

KeptConfiguration::~KeptConfiguration() {
  if (head_ != nullptr) ::munmap(head_, page);
}

Result<std::uint64_t> KeptConfiguration::prepare(const config::KeptFiles& files) {
  const Place* const used = place_of(in_force());
  Place& place = used == head_->places.data() ? head_->places[1] : head_->places[0];
  const std::string bytes = config::encode(files);
  place.number.store(0);
  // In front of the one in force where it fits, so that the memory does not grow with each.
  const bool fits_before = used == nullptr || page + bytes.size() <= used->offset;
  const std::uint64_t offset = fits_before ? page : up_to_page(used->offset + used->length);
  if (::fallocate(memory_.get(), 0, static_cast<off_t>(offset), static_cast<off_t>(bytes.size())) != 0)
    return about(system_error("no memory for another one", errno));
  if (auto written = write_all(memory_.get(), bytes, offset); !written) return about(written.error());
  place.offset = offset;
  place.length = bytes.size();
  const std::uint64_t number = head_->last.load() + 1;
  head_->last.store(number);
  place.number.store(number);
  return number;
}

void KeptConfiguration::put_in_force(std::uint64_t number) {
  head_->in_force.store(number);
}

std::uint64_t KeptConfiguration::in_force() const {
  return head_->in_force.load();
}

std::uint64_t KeptConfiguration::prepared() const {
  for (const Place& place : head_->places)
    if (const std::uint64_t number = place.number.load(); number != in_force()) return number;
  return 0;
}

const KeptConfiguration::Place* KeptConfiguration::place_of(std::uint64_t number) const {
  if (number == 0) return nullptr;
  const auto found = std::find_if(head_->places.begin(), head_->places.end(),
                                  [&](const Place& place) { return place.number.load() == number; });
  return found == head_->places.end() ? nullptr : &*found;
}

Result<config::KeptFiles> KeptConfiguration::read(std::uint64_t number) const {
  const Place* const place = place_of(number);
  if (place == nullptr) return about(Error{"number " + std::to_string(number) + " is not there", 0});
  const off_t end = ::lseek(memory_.get(), 0, SEEK_END);
  // Before memory is asked for it: the length may be damaged.
  if (end < 0 || place->offset > static_cast<std::uint64_t>(end) ||
      place->length > static_cast<std::uint64_t>(end) - place->offset)
    return about(Error{"it ends too early", 0});
  const auto bytes = read_at(memory_.get(), place->offset, place->length);
  if (!bytes) return about(bytes.error());
  return config::decode_kept_files(bytes.value());
}

} // namespace holdfast::engine
