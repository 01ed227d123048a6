#pragma once
// A log directory of a test's own, and what is done to it.

#include "archives/tidier.h"
#include "base/fd.h"
#include "base/file.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/scratch.h"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace holdfast::test {

/// Of which a tidier that keeps its limits removes nothing.
inline wire::ArchiveOrders orders(wire::Compression compression = wire::Compression::zstd) {
  return {.compression = compression, .keep = {}, .lock = {}};
}

/// Lines that are alike, and no two the same.
inline std::string lines(int count, const std::string& of = "redis") {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += of + ": line " + std::to_string(i) + " of " + std::to_string(count) + "\n";
  return text;
}

class LogDirectory {
public:
  LogDirectory() {
    std::filesystem::create_directory(path());
    REQUIRE(::chmod(path().c_str(), 0750) == 0);
    open();
  }

  /// Anew, after something was mounted there.
  void open() {
    fd_ = Fd(::open(path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(fd_.valid());
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::string path() const { return scratch_ / "log"; }
  [[nodiscard]] std::string path(const std::string& name) const { return path() + "/" + name; }
  [[nodiscard]] std::string beside(const std::string& name) const { return scratch_ / name; }

  void put(const std::string& name, const std::string& text) const {
    REQUIRE(replace_file(path(name), text, 0640, Durability::relaxed));
  }
  [[nodiscard]] std::string text(const std::string& name) const {
    return read_file(path(name), 1U << 28U).value();
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path()))
      found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }
  /// As the usual programs read it.
  [[nodiscard]] std::string unpacked(const std::string& name) const {
    const bool is_zstd = name.ends_with(".zst");
    const Finished done = run_program({is_zstd ? "zstdcat" : "zcat", path(name)});
    REQUIRE(done.failure().empty());
    return done.output;
  }

  /// Until nothing is left to do. What was told, without the signs of life.
  std::vector<wire::ArchiveTidings> tidy(const wire::ArchiveOrders& wanted) const {
    std::vector<wire::ArchiveTidings> told;
    archives::Tidier tidier(fd(), wanted, [&](const wire::ArchiveTidings& tidings) {
      if (tidings != wire::ArchiveTidings{}) told.push_back(tidings);
    });
    REQUIRE(tidier.run());
    return told;
  }

private:
  Scratch scratch_;
  Fd fd_;
};

inline std::vector<std::string> troubles(const std::vector<wire::ArchiveTidings>& told) {
  std::vector<std::string> all;
  for (const wire::ArchiveTidings& tidings : told)
    if (!tidings.trouble.empty()) all.push_back(tidings.trouble);
  return all;
}

} // namespace holdfast::test
