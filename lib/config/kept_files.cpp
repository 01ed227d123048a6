#include "config/kept_files.h"

#include "model/archive.h"
#include "model/bytes.h"
#include "model/checksum.h"

#include <memory>

namespace holdfast::config {
namespace {

using model::Reader;
using model::Writer;

constexpr std::string_view magic = "HFFILES\n";
/// Raised when what follows the head changes. Of its own, and not the model's, so that a build with another
/// model reads the files of the one before it.
constexpr std::uint32_t format = 1;
/// Magic, format, length, checksum.
constexpr std::size_t checksum_at = magic.size() + 2 * sizeof(std::uint32_t);
constexpr std::size_t head_size = checksum_at + sizeof(std::uint32_t);

void put(Writer& to, const FileState& state) {
  to.put_all(state.is_there, state.device, state.inode, state.size, state.mode, state.modified,
             state.changed);
}

FileState get_state(Reader& from) {
  FileState state;
  from.get_all(state.is_there, state.device, state.inode, state.size, state.mode, state.modified,
               state.changed);
  return state;
}

SourcePtr get_source(Reader& from) {
  auto source = std::make_shared<Source>();
  from.get_all(source->path, source->text);
  source->state = get_state(from);
  if (source->text.size() > most_bytes) from.fail("a file larger than any is read");
  return source;
}

KeptDirectory get_directory(Reader& from) {
  KeptDirectory directory;
  from.get_all(directory.path, directory.names);
  directory.state = get_state(from);
  return directory;
}

/// Stops where the bytes end, whatever number stands in front of the list.
template <typename T>
void get_list(Reader& from, std::vector<T>& list, T (*get)(Reader&)) {
  std::uint32_t number = 0;
  from.get(number);
  for (; number > 0 && from.flaw().empty(); --number)
    list.push_back(get(from));
}

std::string content_of(const KeptFiles& kept) {
  Writer to;
  to.put_all(kept.file, kept.preset_directories, kept.cpus, kept.root, kept.under_systemd, kept.absent);
  to.put(static_cast<std::uint32_t>(kept.sources.size()));
  for (const SourcePtr& source : kept.sources) {
    to.put_all(source->path, source->text);
    put(to, source->state);
  }
  to.put(static_cast<std::uint32_t>(kept.directories.size()));
  for (const KeptDirectory& directory : kept.directories) {
    to.put_all(directory.path, directory.names);
    put(to, directory.state);
  }
  return to.take();
}

Error refused(std::string_view why) {
  return Error{"the kept configuration: " + std::string(why), 0};
}

/// What stands behind a head that is right.
Result<std::string_view> content_in(std::string_view bytes) {
  if (bytes.substr(0, magic.size()) != magic.substr(0, bytes.size())) return refused("it is something else");
  if (bytes.size() < head_size) return refused("it ends within its head");
  if (const std::uint32_t found = model::u32_at(bytes, magic.size()); found != format)
    return refused("format " + std::to_string(found) + ", this build reads " + std::to_string(format));
  const std::string_view content = bytes.substr(head_size);
  const std::uint32_t length = model::u32_at(bytes, magic.size() + sizeof(std::uint32_t));
  if (content.size() != length)
    return refused("it has " + std::to_string(content.size()) + " bytes instead of " +
                   std::to_string(length));
  if (model::checksum(content, model::checksum(bytes.substr(0, checksum_at))) !=
      model::u32_at(bytes, checksum_at))
    return refused("it is damaged: its checksum is another");
  return content;
}

} // namespace

std::vector<std::string> names_of(const KeptFiles& kept) {
  std::vector<std::string> names;
  for (const SourcePtr& source : kept.sources)
    names.push_back(source->path);
  return names;
}

std::vector<std::pair<std::string, FileState>> states_of(const KeptFiles& kept) {
  std::vector<std::pair<std::string, FileState>> states;
  for (const SourcePtr& source : kept.sources)
    states.emplace_back(source->path, source->state);
  for (const std::string& path : kept.absent)
    states.emplace_back(path, FileState{});
  for (const KeptDirectory& directory : kept.directories)
    states.emplace_back(directory.path, directory.state);
  return states;
}

std::string encode(const KeptFiles& kept) {
  const std::string content = content_of(kept);
  std::string bytes;
  bytes.reserve(head_size + content.size());
  bytes += magic;
  model::append_u32(bytes, format);
  model::append_u32(bytes, static_cast<std::uint32_t>(content.size()));
  model::append_u32(bytes, model::checksum(content, model::checksum(bytes)));
  return bytes += content;
}

Result<KeptFiles> decode_kept_files(std::string_view bytes) {
  const auto content = content_in(bytes);
  if (!content) return content.error();
  Reader from(content.value(), model::anywhere);
  KeptFiles kept;
  from.get_all(kept.file, kept.preset_directories, kept.cpus, kept.root, kept.under_systemd, kept.absent);
  get_list(from, kept.sources, get_source);
  get_list(from, kept.directories, get_directory);
  if (from.flaw().empty() && !from.at_end()) from.fail("it is longer than what it holds");
  if (!from.flaw().empty()) return refused(from.flaw());
  return kept;
}

} // namespace holdfast::config
