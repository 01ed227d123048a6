#include "model/record.h"

#include "model/archive.h"
#include "model/bytes.h"
#include "model/checksum.h"
#include "model/envelope.h"

#include <memory>
#include <utility>

namespace holdfast::model {
namespace {

constexpr Magic magic = "HFRECORD";
constexpr std::size_t entry_head = 8;

Error damaged(std::size_t at, std::string_view how) {
  return Error{"damaged at byte " + std::to_string(at) + ": " + std::string(how), 0};
}

} // namespace

std::string segment_head(const Stack& stack, std::uint64_t lost) {
  Writer writer(4096);
  writer.put_all(lost, stack.spec(), stack.services(), stack.state());
  return seal(magic, writer.take());
}

std::uint32_t digest(const Actions& actions) {
  Writer writer;
  writer.put(actions);
  return checksum(writer.take());
}

std::string segment_entry(const Event& event, const Now& now, const Actions& actions) {
  Writer writer;
  writer.put_all(now, digest(actions), event);
  const std::string content = writer.take();
  std::string entry;
  entry.reserve(entry_head + content.size());
  append_u32(entry, static_cast<std::uint32_t>(content.size()));
  append_u32(entry, checksum(content, checksum(entry)));
  return entry += content;
}

Result<Replay> Replay::open(std::string segment) {
  const auto opened = open_sealed(magic, segment);
  if (!opened) return opened.error();
  std::uint64_t lost = 0;
  std::shared_ptr<const StackSpec> spec;
  StackImage image;
  Reader reader(opened.value().content, anywhere);
  reader.get_all(lost, spec, image);
  if (reader.flaw().empty() && !reader.at_end()) reader.fail("the head is longer than what it holds");
  if (!reader.flaw().empty()) return damaged(0, reader.flaw());
  if (const auto flaw = flaw_of(image, *spec); !flaw.empty()) return damaged(0, flaw);
  const std::size_t head = segment.size() - opened.value().rest.size();
  return Replay(std::move(segment), head, lost, Stack(std::move(spec), std::move(image)));
}

Result<std::string_view> Replay::next_entry() {
  const std::string_view rest = std::string_view(bytes_).substr(at_);
  if (rest.size() <= entry_head) return std::string_view{};
  const std::uint32_t length = u32_at(rest, 0);
  // What was written last is not whole, or the machine went down before it had reached the disk.
  if (length == 0 || rest.size() - entry_head < length) return std::string_view{};
  const std::string_view content = rest.substr(entry_head, length);
  if (checksum(content, checksum(rest.substr(0, 4))) != u32_at(rest, 4)) {
    if (rest.size() == entry_head + length) return std::string_view{};
    return damaged(at_, "the checksum is another");
  }
  return content;
}

Result<std::optional<Replay::Moment>> Replay::next() {
  const auto entry = next_entry();
  if (!entry) return entry.error();
  if (entry.value().empty()) return std::optional<Moment>{};
  Moment moment;
  std::uint32_t decided = 0;
  Reader reader(entry.value(), places_in(stack_.spec()));
  reader.get_all(moment.now, decided, moment.event);
  if (reader.flaw().empty() && !reader.at_end()) reader.fail("an entry is longer than what it holds");
  if (!reader.flaw().empty()) return damaged(at_, reader.flaw());
  at_ += entry_head + entry.value().size();
  step(stack_, moment.event, moment.now, moment.actions);
  moment.differs = digest(moment.actions) != decided;
  return std::optional(std::move(moment));
}

} // namespace holdfast::model
