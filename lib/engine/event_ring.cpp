#include "engine/event_ring.h"

#include "engine/checked_word.h"
#include "model/archive.h"
#include "model/checksum.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::engine {
namespace {

// ---- the layout, in the machine's own numbers: nobody else reads it

constexpr std::uint64_t magic = 0x0a54'4e45'5645'4648; ///< "HFEVENT\n"
constexpr std::uint64_t layout = 1;

// Words, all but the first two checked.
constexpr std::size_t layout_at = 8;
constexpr std::size_t begin_at = 16; ///< of the oldest record; counts all bytes that were ever written
constexpr std::size_t end_at = 24;   ///< of the newest
constexpr std::size_t last_at = 32;  ///< where there is no record: the number of the last that there was
constexpr std::size_t told_at = 40;
constexpr std::size_t filed_at = 48; ///< which of the two cells has how far events are filed
constexpr std::size_t cells_at = 64;
constexpr std::size_t cell_size = 40; ///< FiledEvents, and its checksum
constexpr std::size_t records_at = 192;

// A record begins with its number, then 32 bits length, 32 bits checksum.
constexpr std::size_t record_head = 16;

Error refused(std::string_view why) {
  return Error{"the memory of the events: " + std::string(why), 0};
}

std::uint32_t checksum_of(std::uint64_t sequence, std::string_view content) {
  std::array<char, sizeof sequence> head{};
  std::memcpy(head.data(), &sequence, sizeof sequence);
  return model::checksum(content, model::checksum({head.data(), head.size()}));
}

std::string encoded(const EventRecord& record) {
  model::Writer writer;
  writer.put_all(record.time, record.service, record.run, record.from, record.to, record.why, record.took);
  const std::string_view content = writer.bytes();
  const std::array<std::uint32_t, 2> sizes{static_cast<std::uint32_t>(content.size()),
                                           checksum_of(record.sequence, content)};
  std::string bytes(record_head, '\0');
  std::memcpy(bytes.data(), &record.sequence, sizeof record.sequence);
  std::memcpy(bytes.data() + sizeof record.sequence, sizes.data(), sizeof sizes);
  return bytes.append(content);
}

std::optional<EventRecord> decoded(std::uint64_t sequence, std::string_view content) {
  EventRecord record;
  record.sequence = sequence;
  model::Reader reader(content, model::anywhere);
  reader.get_all(record.time, record.service, record.run, record.from, record.to, record.why, record.took);
  return reader.flaw().empty() && reader.at_end() ? std::optional(std::move(record)) : std::nullopt;
}

/// The bytes of the ring from `at` on, which may go round its end.
class Ring {
public:
  explicit Ring(const linux_os::SharedMemory& memory) : bytes_(memory.bytes().substr(records_at)) {}

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::string read(std::uint64_t at, std::size_t size) const {
    const std::size_t begin = at % bytes_.size();
    const std::size_t first = std::min(size, bytes_.size() - begin);
    return std::string(bytes_.substr(begin, first)).append(bytes_.substr(0, size - first));
  }

  struct Head {
    std::uint64_t sequence = 0;
    std::uint32_t length = 0;
    std::uint32_t checksum = 0;
    [[nodiscard]] std::uint64_t whole() const { return record_head + std::uint64_t{length}; }
  };
  static_assert(sizeof(Head) == record_head);
  [[nodiscard]] Head head(std::uint64_t at) const {
    Head head;
    const std::string bytes = read(at, sizeof head);
    std::memcpy(&head, bytes.data(), sizeof head);
    return head;
  }

private:
  std::string_view bytes_;
};

static_assert(sizeof(FiledEvents) == sizeof(std::array<std::uint64_t, 4>));

std::array<std::uint64_t, 4> words_of(const FiledEvents& filed) {
  return {filed.sequence, filed.device, filed.inode, filed.size};
}

std::string_view bytes_of(const std::array<std::uint64_t, 4>& words) {
  return {reinterpret_cast<const char*>(words.data()), sizeof words};
}

} // namespace

EventRing::EventRing(std::unique_ptr<linux_os::SharedMemory> memory)
    : memory_(std::move(memory)), size_(memory_->bytes().size() - records_at) {}

Result<EventRing> EventRing::make(std::uint64_t last) {
  auto memory = linux_os::make_memory_file("holdfast-events", records_at + usual_size);
  if (!memory) return memory.error().in("the memory of the events");
  return make(std::move(memory).value(), last);
}

Result<EventRing> EventRing::make(std::unique_ptr<linux_os::SharedMemory> memory, std::uint64_t last) {
  if (memory->bytes().size() < records_at + longest_record) return refused("it is too small");
  EventRing ring(std::move(memory));
  ring.set(begin_at, 0);
  ring.set(end_at, 0);
  ring.set(last_at, last);
  ring.set(told_at, last);
  ring.set(filed_at, 1);
  ring.set_filed({.sequence = last});
  ring.memory_->set(layout_at, layout);
  ring.memory_->set(0, magic);
  ring.last_ = last;
  return ring;
}

Result<EventRing> EventRing::open(Fd memory) {
  auto mapped = linux_os::map_memory_file(std::move(memory));
  if (!mapped) return mapped.error().in("the memory of the events");
  return open(std::move(mapped).value());
}

Result<EventRing> EventRing::open(std::unique_ptr<linux_os::SharedMemory> memory) {
  if (memory->bytes().size() < records_at + longest_record) return refused("it ends within its head");
  if (memory->at(0) != magic) return refused("it is something else");
  if (const std::uint64_t found = memory->at(layout_at); found != layout)
    return refused("layout " + std::to_string(found) + ", this build reads " + std::to_string(layout));
  EventRing ring(std::move(memory));
  if (auto read = ring.read_head(); !read) return read.error();
  if (auto read = ring.read(); !read) return read.error();
  return ring;
}

Status EventRing::read_head() {
  for (const std::size_t at : {begin_at, end_at, last_at, told_at, filed_at})
    if (!value_of(memory_->at(at), at)) return refused("its head is damaged");
  begin_ = get(begin_at);
  end_ = get(end_at);
  if (begin_ > end_ || end_ - begin_ > size_) return refused("its head is damaged");
  const std::size_t cell = cells_at + cell_size * (get(filed_at) & 1U);
  if (checksum_of(cell, memory_->bytes().substr(cell, sizeof(FiledEvents))) !=
      memory_->at(cell + sizeof(FiledEvents)))
    return refused("how far the events are filed is damaged");
  return Done{};
}

Status EventRing::read() {
  const Ring ring(*memory_);
  last_ = get(last_at);
  bool is_first = true;
  for (std::uint64_t at = begin_; at < end_; is_first = false) {
    if (end_ - at < record_head) return refused("it is damaged behind event " + std::to_string(last_));
    const Ring::Head head = ring.head(at);
    const bool fits = end_ - at >= head.whole() && (is_first || head.sequence == last_ + 1);
    if (!fits) return refused("it is damaged behind event " + std::to_string(last_));
    const std::string content = ring.read(at + record_head, head.length);
    if (checksum_of(head.sequence, content) != head.checksum || !decoded(head.sequence, content))
      return refused("event " + std::to_string(head.sequence) + " is damaged");
    last_ = head.sequence;
    at += head.whole();
  }
  return Done{};
}

void EventRing::add(const EventRecord& record) {
  const std::string bytes = encoded(record);
  assert(record.sequence == last_ + 1 && bytes.size() <= longest_record);
  const Ring ring(*memory_);
  const std::uint64_t before = begin_;
  while (end_ + bytes.size() - begin_ > size_)
    begin_ += ring.head(begin_).whole();
  // What goes is no record any more before it is written over.
  if (begin_ != before) set(begin_at, begin_);
  const std::size_t at = end_ % size_;
  const std::size_t first = std::min(bytes.size(), size_ - at);
  memory_->copy(records_at + at, std::string_view(bytes).substr(0, first));
  memory_->copy(records_at, std::string_view(bytes).substr(first));
  end_ += bytes.size();
  set(end_at, end_);
  last_ = record.sequence;
}

void EventRing::take_back_after(std::uint64_t sequence) {
  if (sequence >= last_) return;
  const Ring ring(*memory_);
  std::uint64_t at = begin_;
  while (at < end_ && ring.head(at).sequence <= sequence)
    at += ring.head(at).whole();
  // It counts where no record is left.
  set(last_at, sequence);
  set(end_at, at);
  end_ = at;
  last_ = sequence;
}

std::deque<EventRecord> EventRing::records() const {
  const Ring ring(*memory_);
  std::deque<EventRecord> records;
  for (std::uint64_t at = begin_; at < end_;) {
    const Ring::Head head = ring.head(at);
    if (auto record = decoded(head.sequence, ring.read(at + record_head, head.length)))
      records.push_back(std::move(*record));
    at += head.whole();
  }
  return records;
}

Result<EventRing> EventRing::copy() const {
  const auto all = records();
  auto made = make(last_ - all.size());
  if (!made) return made;
  for (const EventRecord& record : all)
    made.value().add(record);
  made.value().set_told(told());
  made.value().set_filed(filed());
  return made;
}

std::uint64_t EventRing::told() const {
  return get(told_at);
}

void EventRing::set_told(std::uint64_t sequence) {
  set(told_at, sequence);
}

FiledEvents EventRing::filed() const {
  std::array<std::uint64_t, 4> words{};
  const std::size_t cell = cells_at + cell_size * (get(filed_at) & 1U);
  std::memcpy(words.data(), memory_->bytes().data() + cell, sizeof words);
  return {.sequence = words[0], .device = words[1], .inode = words[2], .size = words[3]};
}

void EventRing::set_filed(const FiledEvents& filed) {
  const std::uint64_t other = (get(filed_at) & 1U) ^ 1U;
  const std::size_t cell = cells_at + cell_size * other;
  const auto words = words_of(filed);
  memory_->copy(cell, bytes_of(words));
  memory_->set(cell + sizeof words, checksum_of(cell, bytes_of(words)));
  set(filed_at, other);
}

std::uint64_t EventRing::get(std::size_t at) const {
  return memory_->at(at) >> 16;
}

void EventRing::set(std::size_t at, std::uint64_t value) {
  memory_->set(at, checked_word(value, at));
}

} // namespace holdfast::engine
