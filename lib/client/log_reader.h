#pragma once
// Reads one service's log as it stands in the log directory: SERVICE.log, and before it the files it was
// renamed to, SERVICE.log-20261124T065330.123456Z, whose names sort by age. Compressed ones are passed over.

#include "base/fd.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::client {

class LogReader {
public:
  LogReader(std::string directory, std::string service);

  [[nodiscard]] const std::string& service() const { return service_; }

  /// Goes to where the last `lines` lines begin, however many files back that is, but not further than 64
  /// MiB. A log that does not exist yet is no error.
  [[nodiscard]] Status seek_last(std::uint64_t lines);

  /// Appends the whole lines that are new, without their newlines, across rotations: a file that was renamed
  /// is read to its end before the next one is begun. A line longer than 64 KiB comes in pieces.
  [[nodiscard]] Status read(std::vector<std::string>& lines);

  /// What stands behind the last newline, for when nothing is waited for any more. Empty: nothing.
  [[nodiscard]] std::string rest();

private:
  [[nodiscard]] Status open(const std::string& name, std::uint64_t offset);
  [[nodiscard]] Status drain(std::vector<std::string>& lines);
  void take(std::size_t size, std::vector<std::string>& lines);
  /// The name of the file to read after the present one; empty: the present one is the newest.
  [[nodiscard]] std::string successor() const;

  std::string directory_;
  std::string service_;
  Fd fd_;
  std::string bytes_; ///< read, no newline yet
};

/// Names of the uncompressed files of a service's log, oldest first.
[[nodiscard]] std::vector<std::string> log_files(const std::string& directory, const std::string& service);

/// Names of all services that have a log there.
[[nodiscard]] std::vector<std::string> logged_services(const std::string& directory);

} // namespace holdfast::client
