#include "config/semantics.h"

#include <algorithm>
#include <map>

namespace holdfast::config {
namespace {

const Node* volumes_of(const Node& tree) {
  const Node* persistence = tree.value("persistence");
  return persistence == nullptr ? nullptr : persistence->value("volumes");
}

const Node* text_of(const Entry& volume, std::string_view key) {
  const Node* node = volume.value->value(key);
  return node != nullptr && node->kind == Kind::scalar && !node->text.empty() ? node : nullptr;
}

Flaw source_flaw(const std::string& source) {
  const auto names_more_than = [&](std::string_view start) {
    return source.starts_with(start) && source.size() > start.size();
  };
  for (const char* label : {"UUID=", "LABEL="}) {
    if (!source.starts_with(label)) continue;
    // It becomes the name of a file below /dev/disk.
    if (names_more_than(label) && source.find('/') == std::string::npos) return {};
    return {in_quotes(source) + " names no file system", "lsblk -f shows both"};
  }
  if (source.starts_with('/')) {
    if (names_more_than("/dev/") && source.find("/..") == std::string::npos) return {};
    return {in_quotes(source) + " is not a device", "a device is below /dev"};
  }
  if (source.find(":/") != std::string::npos && source.find(":/") > 0) return {};
  return {in_quotes(source) + " is not the source of a mount",
          "write UUID=..., LABEL=..., /dev/... or HOST:/export"};
}

Flaw marker_flaw(const std::string& marker) {
  const bool plain = marker.find('/') == std::string::npos && marker != "." && marker != "..";
  if (plain && marker.size() <= 200) return {};
  return {in_quotes(marker) + " is not the name of a file", "it is in the volume's own directory"};
}

class VolumeChecks {
public:
  explicit VolumeChecks(Report& report) : report_(report) {}

  void one(const Entry& volume) {
    const std::string path = below("persistence.volumes", volume.key);
    if (const Node* node = text_of(volume, "source"))
      tell(*node, below(path, "source"), source_flaw(node->text));
    if (const Node* node = text_of(volume, "marker"))
      tell(*node, below(path, "marker"), marker_flaw(node->text));
    if (const Node* node = text_of(volume, "path"))
      tell(*node, below(path, "path"), path_flaw(volume.key, node->text));
  }

private:
  void tell(const Node& node, const std::string& path, const Flaw& flaw) {
    if (!flaw.none()) report_.error(node.place, path, flaw);
  }

  Flaw path_flaw(const std::string& volume, const std::string& path) {
    if (path == "/") return {"the root directory is no volume", {}};
    // It is compared with what the kernel says of mounts.
    if (path.ends_with('/') || path.find("//") != std::string::npos)
      return {in_quotes(path) + " has a slash too many", "write it like /var/lib/postgresql"};
    const auto [other, fresh] = names_.emplace(path, volume);
    if (fresh) return {};
    return {in_quotes(path) + " is the volume " + in_quotes(other->second) + " already", {}};
  }

  Report& report_;
  std::map<std::string, std::string> names_; ///< by path
};

} // namespace

void check_volumes(const Node& tree, Report& report) {
  const Node* volumes = volumes_of(tree);
  if (volumes == nullptr) return;
  VolumeChecks checks(report);
  for (const Entry& volume : volumes->entries)
    checks.one(volume);
}

} // namespace holdfast::config
