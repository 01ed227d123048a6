#include "engine/command_memory.h"

#include "model/archive.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace holdfast::engine {
namespace {

/// In memory and as bytes alike, near enough.
std::size_t size_of(const AcceptedCommand& command) {
  std::size_t size = sizeof command + command.ticket.asked.size();
  for (const model::CommandAsked& one : command.awaited)
    size += sizeof one + one.by.size() + one.services.size() * sizeof one.services.front();
  return size;
}

} // namespace

void CommandMemory::add(AcceptedCommand command) {
  if (command.ticket.id == CommandId{}) return;
  bytes_ += size_of(command);
  commands_.push_back(std::move(command));
  while (commands_.size() > most_commands || (bytes_ > most_bytes && commands_.size() > 1)) {
    bytes_ -= size_of(commands_.front());
    commands_.pop_front();
  }
}

std::optional<AcceptedCommand> CommandMemory::find(CommandId id) const {
  const auto found = std::find_if(commands_.begin(), commands_.end(),
                                  [id](const AcceptedCommand& command) { return command.ticket.id == id; });
  if (found == commands_.end()) return {};
  return *found;
}

std::string CommandMemory::save() const {
  model::Writer writer;
  writer.put(static_cast<std::uint64_t>(commands_.size()));
  for (const AcceptedCommand& command : commands_)
    writer.put_all(command.ticket.id.value, command.ticket.asked, command.awaited);
  return writer.take();
}

Status CommandMemory::restore(std::string_view bytes, const model::StackSpec& spec) {
  model::Reader reader(bytes, model::places_in(spec));
  CommandMemory read;
  std::uint64_t count = 0;
  reader.get(count);
  for (; count > 0 && reader.flaw().empty(); --count) {
    AcceptedCommand command;
    reader.get_all(command.ticket.id.value, command.ticket.asked, command.awaited);
    if (reader.flaw().empty()) read.add(std::move(command));
  }
  if (reader.flaw().empty() && !reader.at_end()) reader.fail("bytes behind the end");
  if (!reader.flaw().empty())
    return Error{"the commands that were carried out last: " + std::string(reader.flaw())};
  *this = std::move(read);
  return Done{};
}

std::vector<model::CommandAsked> still_wanted(const model::Stack& stack,
                                              std::vector<model::CommandAsked> awaited) {
  for (model::CommandAsked& command : awaited)
    if (command.verb != model::Verb::stop)
      std::erase_if(command.services, [&](ServiceId id) { return !stack.service(id).wanted; });
  // Without services it would mean the whole stack.
  std::erase_if(awaited, [](const model::CommandAsked& command) { return command.services.empty(); });
  return awaited;
}

} // namespace holdfast::engine
