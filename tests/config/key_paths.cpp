#include "key_paths.h"

namespace holdfast::test {
namespace {

using namespace config;

void collect(const Section& section, const std::string& above, std::map<std::string, bool>& paths) {
  for (const Key& key : section.keys) {
    std::string path = above + std::string(key.name);
    paths[path] = key.supported;
    if (key.type != Type::section) continue;
    if (key.shape == Shape::map || key.shape == Shape::map_or_names) path += ".NAME";
    collect(*key.section, path + ".", paths);
  }
}

} // namespace

std::map<std::string, bool> key_paths(const Section& section) {
  std::map<std::string, bool> paths;
  collect(section, "", paths);
  return paths;
}

} // namespace holdfast::test
