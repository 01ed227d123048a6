#pragma once
// All that a configuration was made of. With it load() makes the same again without a look at the machine,
// where the files may have been edited meanwhile: so the daemon goes on with what was accepted when its
// engine is replaced.

#include "base/file_state.h"
#include "base/result.h"
#include "config/source.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::config {

struct KeptDirectory {
  std::string path;
  FileState state;
  std::vector<std::string> names; ///< sorted
};

struct KeptFiles {
  std::string file{}; ///< as LoadOptions has it, like the next four
  std::vector<std::string> preset_directories{};
  std::uint32_t cpus = 2;
  bool root = true;
  bool under_systemd = false;
  std::vector<SourcePtr> sources{};         ///< in the order in which they were read, each once
  std::vector<std::string> absent{};        ///< presets that were looked for where they are not
  std::vector<KeptDirectory> directories{}; ///< whose names were read
};

/// The files that were read, in order.
[[nodiscard]] std::vector<std::string> names_of(const KeptFiles& kept);

/// All paths of which the state decides what is loaded, each as it was then. A file that comes or goes is a
/// change of its directory.
[[nodiscard]] std::vector<std::pair<std::string, FileState>> states_of(const KeptFiles& kept);

/// A closed form with its format in front and a checksum: no other build's is read.
[[nodiscard]] std::string encode(const KeptFiles& kept);

/// Refused, each in words of its own: what is too short, not ours, of another format, or damaged; of which
/// there is more behind it.
[[nodiscard]] Result<KeptFiles> decode_kept_files(std::string_view bytes);

} // namespace holdfast::config
