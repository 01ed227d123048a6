#pragma once
// Where load() finds the files of a configuration: on the disk, or in what was kept of an earlier load.

#include "base/result.h"
#include "config/kept_files.h"
#include "config/source.h"

#include <string>
#include <vector>

namespace holdfast::config {

/// All that is asked of a file system while a configuration is read.
class FileSystem {
public:
  FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;
  virtual ~FileSystem() = default;

  /// As read_source().
  [[nodiscard]] virtual Result<SourcePtr> read(const std::string& path) = 0;
  /// Whether there is anything of that name.
  [[nodiscard]] virtual bool has(const std::string& path) = 0;
  /// The names in a directory, sorted; none where it is not there.
  [[nodiscard]] virtual Result<std::vector<std::string>> names_in(const std::string& directory) = 0;
};

/// The disk. What it was asked and what it answered is kept.
class Disk final : public FileSystem {
public:
  [[nodiscard]] Result<SourcePtr> read(const std::string& path) override;
  [[nodiscard]] bool has(const std::string& path) override;
  [[nodiscard]] Result<std::vector<std::string>> names_in(const std::string& directory) override;

  [[nodiscard]] KeptFiles take() { return std::move(kept_); }

private:
  KeptFiles kept_;
};

/// What was kept, and nothing else.
class Kept final : public FileSystem {
public:
  /// `kept` is borrowed.
  explicit Kept(const KeptFiles& kept) : kept_(kept) {}

  [[nodiscard]] Result<SourcePtr> read(const std::string& path) override;
  [[nodiscard]] bool has(const std::string& path) override;
  [[nodiscard]] Result<std::vector<std::string>> names_in(const std::string& directory) override;

private:
  [[nodiscard]] SourcePtr find(const std::string& path) const;

  const KeptFiles& kept_;
};

} // namespace holdfast::config
