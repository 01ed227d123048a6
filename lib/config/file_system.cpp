#include "config/file_system.h"

#include <algorithm>
#include <filesystem>

namespace holdfast::config {

namespace fs = std::filesystem;

Result<SourcePtr> Disk::read(const std::string& path) {
  auto source = read_source(path);
  if (source) kept_.sources.push_back(source.value());
  return source;
}

bool Disk::has(const std::string& path) {
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(path, ignored))) return true;
  if (std::find(kept_.absent.begin(), kept_.absent.end(), path) == kept_.absent.end())
    kept_.absent.push_back(path);
  return false;
}

Result<std::vector<std::string>> Disk::names_in(const std::string& directory) {
  // Looked at before it is read: a change in between is taken for one, not missed.
  KeptDirectory& kept = kept_.directories.emplace_back();
  kept.path = directory;
  kept.state = FileState::at(directory);
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    kept.names.push_back(at->path().filename().string());
  if (error && error != std::errc::no_such_file_or_directory) return Error{error.message(), error.value()};
  std::sort(kept.names.begin(), kept.names.end());
  return kept.names;
}

SourcePtr Kept::find(const std::string& path) const {
  const auto found = std::find_if(kept_.sources.begin(), kept_.sources.end(),
                                  [&](const SourcePtr& source) { return source->path == path; });
  return found == kept_.sources.end() ? nullptr : *found;
}

Result<SourcePtr> Kept::read(const std::string& path) {
  if (auto source = find(path)) return source;
  return Error{"is not among the files that were kept", 0};
}

bool Kept::has(const std::string& path) {
  return find(path) != nullptr;
}

Result<std::vector<std::string>> Kept::names_in(const std::string& directory) {
  for (const KeptDirectory& kept : kept_.directories)
    if (kept.path == directory) return kept.names;
  return std::vector<std::string>{};
}

} // namespace holdfast::config
