#include "chaos/installation.h"

#include "support/binaries.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;

} // namespace

Installation::Installation() : directory_(binaries() + "/installation-XXXXXX") {
  if (::mkdtemp(directory_.data()) == nullptr) throw std::runtime_error(directory_ + " cannot be made");
  put_anchor(HOLDFAST_CHAOS_ANCHOR);
  put_engine(present_engine());
  put(binaries() + "/holdfast-observer", directory_ + "/holdfast-observer");
}

Installation::~Installation() {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

/// Links: a program's size is that of its debug symbols.
void Installation::put(const std::string& program, const std::string& path) {
  const std::string fresh = path + ".new";
  std::error_code of_another_disk;
  fs::create_hard_link(program, fresh, of_another_disk);
  if (of_another_disk) fs::copy_file(program, fresh);
  fs::rename(fresh, path);
  // Two names of one file are not renamed.
  fs::remove(fresh);
}

std::string present_engine() {
  return binaries() + "/holdfast-engine";
}

std::string next_engine() {
  return HOLDFAST_CHAOS_NEXT_ENGINE;
}

std::string engine_of_next_format() {
  return HOLDFAST_CHAOS_ENGINE_OF_NEXT_FORMAT;
}

std::string misbehaving_engine() {
  return HOLDFAST_CHAOS_MISBEHAVING_ENGINE;
}

} // namespace holdfast::test
