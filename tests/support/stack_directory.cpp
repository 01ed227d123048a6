#include "support/stack_directory.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::test {
namespace {

std::string next_name() {
  static int count = 0;
  return "test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

} // namespace

StackDirectory::StackDirectory() : name_(next_name()) {
  std::string pattern = "/var/tmp/holdfast-test-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr || ::chmod(pattern.c_str(), 0755) != 0)
    throw std::runtime_error("cannot make " + pattern);
  path_ = pattern;
}

StackDirectory::~StackDirectory() {
  if (std::getenv("HOLDFAST_KEEP") != nullptr) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void StackDirectory::write(const std::string& file, const std::string& text, unsigned mode) const {
  const std::string path = *this / file;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::trunc) << text;
  if (::chmod(path.c_str(), mode) != 0) throw std::runtime_error("cannot write " + path);
}

void StackDirectory::write_services(const std::string& services) const {
  write("holdfast.yaml", "stack: {name: " + name_ + ", runtime: " + *this / "run" +
                             ", state: " + *this / "state" + "}\nlogging: {directory: " + *this / "log" +
                             "}\nservices:\n" + services);
}

} // namespace holdfast::test
