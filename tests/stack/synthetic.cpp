#include "stack/synthetic.h"

#include <nlohmann/json.hpp>
#include <sstream>

namespace holdfast::test {

std::string shell_service(const std::string& name, const std::string& line, const std::string& keys) {
  const nlohmann::json command = {"/bin/sh", "-c", line}; // a JSON array is a YAML list
  std::string text = "  " + name + ":\n    command: " + command.dump() + "\n    user: root\n";
  if (keys.find("ready:") == std::string::npos) text += "    ready: {running: 0ms}\n";
  std::istringstream lines(keys);
  for (std::string key; std::getline(lines, key);)
    text += "    " + key + "\n";
  return text;
}

} // namespace holdfast::test
