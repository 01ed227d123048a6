#include "engine/state_memory.h"

#include "engine/checked_word.h"
#include "model/checksum.h"
#include "model/envelope.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace holdfast::engine {
namespace {

// ---- the layout, in the machine's own numbers: nobody else reads it

constexpr std::uint64_t magic = 0x0a45'5441'5453'4648; ///< "HFSTATE\n"
constexpr std::uint32_t layout = 1;

constexpr std::size_t layout_at = 8; ///< 32 bits layout, 32 bits format of the parts
constexpr std::size_t step_at = 16;  ///< checked: the last whole step
constexpr std::size_t directory_at = 64;

constexpr std::uint32_t spec_part = 0;
constexpr std::uint32_t stack_part = 1;
constexpr std::uint32_t facts_part = 2;
constexpr std::uint32_t first_service = 3;
constexpr std::uint32_t most_parts = first_service + StateMemory::most_services;

constexpr std::size_t unit = 64; ///< slots begin and end at multiples of it
constexpr std::size_t slots_at = (directory_at + most_parts * 16 + unit - 1) / unit * unit;
constexpr std::size_t least_slot = 256;
/// Room is made for more than is needed now.
constexpr std::size_t step_of_growth = 64U << 10;

// A slot begins with the number of the step that wrote it, then 32 bits length, 32 bits checksum.
constexpr std::size_t slot_head = 16;
constexpr std::uint64_t being_written = ~std::uint64_t{0};

constexpr std::size_t directory_entry(std::uint32_t part, std::size_t slot) {
  return directory_at + 16 * part + 8 * slot;
}

/// A slot's place as it stands in the directory: where it begins, and its size as a power of two. 0 is none.
struct Place {
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
  [[nodiscard]] std::uint64_t end() const { return begin + size; }
};

std::uint64_t packed(const Place& place) {
  return place.begin / unit << 6 | static_cast<std::uint64_t>(std::countr_zero(place.size));
}

Place unpacked(std::uint64_t word) {
  if (word == 0) return {};
  return {(word >> 6) * unit, std::uint64_t{1} << (word & 63U)};
}

/// Of all that a slot holds. It differs where the slot is another part's or of another format.
std::uint32_t slot_checksum(std::uint32_t part, std::uint32_t format, std::uint64_t step,
                            std::string_view content) {
  const std::array<std::uint64_t, 3> words{std::uint64_t{format} << 32 | part, step, content.size()};
  std::array<char, sizeof words> head{};
  std::memcpy(head.data(), words.data(), sizeof words);
  return model::checksum(content, model::checksum({head.data(), head.size()}));
}

std::string name_of(std::uint32_t part) {
  switch (part) {
  case spec_part: return "the configuration";
  case stack_part: return "the stack";
  case facts_part: return "the engine's facts";
  default: return "service " + std::to_string(part - first_service);
  }
}

Error refused(std::string_view why) {
  return Error{"the memory of the state: " + std::string(why), 0};
}

Error damaged(std::uint32_t part, std::string_view how) {
  return refused(name_of(part) + " is damaged: " + std::string(how));
}

// ---- reading a slot

/// What a slot holds. Step 0: nothing, or what was being written when the writer ended.
struct Held {
  std::uint64_t step = 0;
  std::string_view content;
};

std::uint64_t word_at(std::string_view bytes, std::size_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

Result<Held> held_in(std::string_view bytes, const Place& place, std::uint32_t part, std::uint32_t format) {
  if (place.size == 0) return Held{};
  const std::uint64_t step = word_at(bytes, place.begin);
  const std::uint64_t sizes = word_at(bytes, place.begin + 8);
  if (step == being_written || (step == 0 && sizes == 0)) return Held{};
  const auto length = static_cast<std::uint32_t>(sizes);
  if (length > place.size - slot_head) return damaged(part, "it is longer than its slot");
  const std::string_view content = bytes.substr(place.begin + slot_head, length);
  if (slot_checksum(part, format, step, content) != sizes >> 32)
    return damaged(part, "its checksum is another");
  return Held{step, content};
}

} // namespace

StateMemory::StateMemory(std::unique_ptr<linux_os::SharedMemory> memory)
    : memory_(std::move(memory)), end_(slots_at), parts_(most_parts) {}

Result<StateMemory> StateMemory::make() {
  auto memory = linux_os::make_memory_file("holdfast-state", slots_at);
  if (!memory) return memory.error().in("the memory of the state");
  return make(std::move(memory).value());
}

Result<StateMemory> StateMemory::make(std::unique_ptr<linux_os::SharedMemory> memory) {
  if (auto grown = memory->grow(slots_at); !grown) return grown.error().in("the memory of the state");
  StateMemory made(std::move(memory));
  made.format_ = model::format;
  made.memory_->set(step_at, checked_word(0, step_at));
  made.memory_->set(layout_at, std::uint64_t{layout} | std::uint64_t{model::format} << 32);
  made.memory_->set(0, magic);
  made.may_save_ = true;
  made.all_ = true;
  return made;
}

Result<StateMemory> StateMemory::open(Fd memory) {
  auto mapped = linux_os::map_memory_file(std::move(memory));
  if (!mapped) return mapped.error().in("the memory of the state");
  return open(std::move(mapped).value());
}

Result<StateMemory> StateMemory::open(std::unique_ptr<linux_os::SharedMemory> memory) {
  StateMemory opened(std::move(memory));
  if (auto read = opened.read_head(); !read) return read.error();
  return opened;
}

Status StateMemory::read_head() {
  if (memory_->bytes().size() < slots_at) return refused("it ends within its head");
  if (memory_->at(0) != magic) return refused("it is something else");
  const std::uint64_t formats = memory_->at(layout_at);
  if (const auto found = static_cast<std::uint32_t>(formats); found != layout)
    return refused("layout " + std::to_string(found) + ", this build reads " + std::to_string(layout));
  format_ = static_cast<std::uint32_t>(formats >> 32);
  if (!model::is_readable(format_))
    return refused("format " + std::to_string(format_) + ", this build reads " +
                   std::to_string(model::format));
  const auto step = value_of(memory_->at(step_at), step_at);
  if (!step) return refused("its head is damaged");
  step_ = *step;
  return Done{};
}

Status StateMemory::read_directory() {
  const std::string_view bytes = memory_->bytes();
  end_ = slots_at;
  for (std::uint32_t part = 0; part < most_parts; ++part)
    for (std::size_t slot = 0; slot < 2; ++slot) {
      const std::size_t entry = directory_entry(part, slot);
      const std::uint64_t word = word_at(bytes, entry);
      const auto found = word == 0 ? std::optional<std::uint64_t>(0) : value_of(word, entry);
      const Place place = found ? unpacked(*found) : Place{};
      const bool is_whole = found && (*found == 0 || (place.begin >= slots_at && place.size >= least_slot &&
                                                      place.end() <= bytes.size()));
      if (!is_whole) return damaged(part, "nobody knows where it is");
      parts_[part].places[slot] = *found;
      end_ = std::max<std::size_t>(end_, place.end());
    }
  return Done{};
}

Result<std::optional<std::string_view>> StateMemory::read_part(std::uint32_t part) {
  std::optional<std::string_view> present;
  std::uint64_t newest = 0;
  for (std::size_t slot = 0; slot < 2; ++slot) {
    const auto held = held_in(memory_->bytes(), unpacked(parts_[part].places[slot]), part, format_);
    if (!held) return held.error();
    const std::uint64_t step = held.value().step;
    if (step > step_ + 1) return damaged(part, "no step has written it");
    // Of a step that was never whole: it must not be taken for part of the next one, which has its number.
    if (step > step_ && format_ == model::format)
      memory_->set(unpacked(parts_[part].places[slot]).begin, being_written);
    if (step > step_ || step <= newest) continue;
    newest = step;
    present = held.value().content;
    parts_[part].present = slot;
  }
  return present;
}

Result<StateMemory::Loaded> StateMemory::load() {
  if (step_ == 0) return refused("nothing was saved in it");
  if (auto read = read_directory(); !read) return read.error();
  std::vector<std::string_view> found;
  for (std::uint32_t part = 0; part < most_parts; ++part) {
    const auto present = read_part(part);
    if (!present) return present.error();
    if (!present.value() && part < first_service) return damaged(part, "it is missing");
    // Behind the last service there may be what a step that was never whole began.
    if (present.value() && found.size() != part)
      return damaged(static_cast<std::uint32_t>(found.size()), "it is missing");
    if (present.value()) found.push_back(*present.value());
  }
  auto stack = model::restore({.format = format_,
                               .spec = found[spec_part],
                               .state = found[stack_part],
                               .services = {found.begin() + first_service, found.end()}});
  if (!stack) return stack.error();
  services_ = found.size() - first_service;
  facts_ = found[facts_part];
  may_save_ = format_ == model::format;
  all_ = new_facts_ = false;
  return Loaded{std::move(stack).value(), facts_};
}

void StateMemory::set_facts(std::string facts) {
  if (facts == facts_) return;
  facts_ = std::move(facts);
  new_facts_ = true;
}

Status StateMemory::save(const model::Stack& stack, const model::Changed& changed) {
  if (!may_save_)
    return refused("it is not this engine's to write: it was not loaded, or is an older build's");
  if (stack.size() > most_services)
    return refused("more than " + std::to_string(most_services) + " services");
  if (stack.size() < services_) return refused("it is of a stack with more services");
  const bool all = std::exchange(all_, true);
  collect(stack, changed, all);
  if (auto room = make_room(); !room) return room.error().in("the memory of the state");
  const std::uint64_t step = step_ + 1;
  for (const Change& change : changes_)
    write(change, step);
  memory_->set(step_at, checked_word(step, step_at));
  for (const Change& change : changes_)
    parts_[change.part].present ^= 1U;
  step_ = step;
  services_ = stack.size();
  all_ = new_facts_ = false;
  return Done{};
}

void StateMemory::collect(const model::Stack& stack, const model::Changed& changed, bool all) {
  bytes_.clear();
  changes_.clear();
  const auto add = [this](std::uint32_t part, const auto& value) {
    const std::size_t at = bytes_.bytes().size();
    bytes_.add(value);
    changes_.push_back({part, at, bytes_.bytes().size() - at});
  };
  if (all || changed.spec) add(spec_part, stack.spec());
  add(stack_part, stack.state());
  if (all || new_facts_) add(facts_part, std::string_view(facts_));
  if (!all)
    for (const ServiceId id : changed.services)
      add(first_service + id.index, stack.service(id));
  else
    for (std::uint32_t i = 0; i < stack.size(); ++i)
      add(first_service + i, stack.service({i}));
}

Status StateMemory::make_room() {
  // First what is needed, then whether it can be had, and only then is anything changed.
  std::size_t needed = 0;
  for (const Change& change : changes_)
    needed += missing_in(change);
  if (needed == 0) return Done{};
  if (end_ + needed > memory_->bytes().size())
    if (auto grown = memory_->grow(end_ + needed + step_of_growth); !grown) return grown;
  for (const Change& change : changes_)
    if (missing_in(change) != 0) place_anew(change);
  return Done{};
}

std::size_t StateMemory::missing_in(const Change& change) const {
  const Part& part = parts_[change.part];
  const std::size_t target = part.present ^ 1U;
  if (unpacked(part.places[target]).size >= slot_head + change.size) return 0;
  // A new part gets both, so that its second step finds the room.
  return slot_size(change) * (part.places == std::array<std::uint64_t, 2>{} ? 2 : 1);
}

void StateMemory::place_anew(const Change& change) {
  Part& part = parts_[change.part];
  const bool is_new = part.places == std::array<std::uint64_t, 2>{};
  for (std::size_t slot = 0; slot < 2; ++slot) {
    if (!is_new && slot == part.present) continue;
    const Place place{end_, slot_size(change)};
    const std::size_t entry = directory_entry(change.part, slot);
    part.places[slot] = packed(place);
    memory_->set(entry, checked_word(part.places[slot], entry));
    end_ = place.end();
  }
}

std::size_t StateMemory::slot_size(const Change& change) {
  return std::bit_ceil(std::max(least_slot, slot_head + change.size));
}

void StateMemory::write(const Change& change, std::uint64_t step) {
  const Part& part = parts_[change.part];
  const std::size_t begin = unpacked(part.places[part.present ^ 1U]).begin;
  const std::string_view content = bytes_.bytes().substr(change.at, change.size);
  const std::uint64_t sum = slot_checksum(change.part, format_, step, content);
  memory_->set(begin, being_written);
  memory_->copy(begin + slot_head, content);
  memory_->set(begin + 8, content.size() | sum << 32);
  memory_->set(begin, step);
}

} // namespace holdfast::engine
