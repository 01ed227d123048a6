#include "input.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>

namespace holdfast::test {

Input::Input() {
  options.file = scratch_ / "holdfast.yaml";
  options.preset_directories = {scratch_ / "presets", HOLDFAST_SOURCE_DIR "/config/presets"};
  options.look_at_machine = false;
}

void Input::write(const std::string& name, const std::string& text) {
  const std::filesystem::path file = scratch_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  ::chmod(file.c_str(), 0644);
}

config::Loaded Input::load() {
  return config::load(options);
}

config::Loaded Input::load(const std::string& text) {
  write("holdfast.yaml", text);
  return load();
}

std::string rendered(const config::Loaded& loaded, const std::string& directory) {
  std::string text;
  for (const config::Diagnostic& diagnostic : loaded.diagnostics)
    text += config::render(diagnostic);
  const std::string prefix = directory + "/";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at))
    text.erase(at, prefix.size());
  return text;
}

bool told(const config::Loaded& loaded, const std::string& message) {
  return std::any_of(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                     [&](const config::Diagnostic& d) { return d.message == message; });
}

std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace holdfast::test
