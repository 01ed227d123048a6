#pragma once

#include "base/file.h"
#include "linux/log_file.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::test {

/// A log directory and what is in it.
class Logs {
public:
  Logs() {
    auto opened = linux_os::open_log_directory(scratch_ / "log");
    REQUIRE(opened);
    directory = std::move(opened).value();
  }

  Fd directory;

  [[nodiscard]] linux_os::LogFile open(std::uint64_t rotate_size = 1U << 30U) const {
    auto file = linux_os::LogFile::open(directory.get(), "redis", rotate_size);
    REQUIRE(file);
    return std::move(file).value();
  }
  [[nodiscard]] std::string path(const std::string& name) const { return scratch_ / ("log/" + name); }
  [[nodiscard]] std::string text(const std::string& name = "redis.log") const {
    return read_file(path(name), 1U << 28U).value();
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_ / "log"))
      found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }

private:
  Scratch scratch_;
};

} // namespace holdfast::test
