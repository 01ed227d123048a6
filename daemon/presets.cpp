#include "presets.h"

#include <filesystem>
#include <system_error>

namespace holdfast::daemon {
namespace {

/// The directory of our executable where that is in the build tree, else empty. What is installed never looks
/// into a build tree that happens to exist.
std::string build_directory() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string prefix = HOLDFAST_BUILD_DIR "/";
  if (error || !self.string().starts_with(prefix)) return {};
  return self.parent_path();
}

} // namespace

std::vector<std::string> preset_directories() {
  const bool built = !build_directory().empty();
  return {"/etc/holdfast/presets",
          built ? HOLDFAST_SOURCE_DIR "/config/presets" : "/usr/share/holdfast/presets"};
}

std::string program(const std::string& name) {
  const std::string built = build_directory();
  return (built.empty() ? "/usr/lib/holdfast" : built) + "/" + name;
}

} // namespace holdfast::daemon
