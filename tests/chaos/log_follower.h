#pragma once
// Reads all files of a service's log in order and judges each line. Those that were put aside are read while
// the stack runs, and removed: minutes at 50 MB/s are more than a disk should keep. Each is read once, plain
// or compressed, though it becomes the one while it was just seen as the other.

#include "chaos/line_audit.h"

#include "base/fd.h"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::test {

class LogFollower {
public:
  struct Options {
    std::string service;
    std::string logs;    ///< directory with SERVICE.log and SERVICE.log-TIME[.zst]
    std::string records; ///< directory with what the runs say (run_record.h)
    bool timestamps = true;
  };
  explicit LogFollower(Options options) : options_(std::move(options)), audit_(options_.service) {}

  /// What was put aside, but for the newest two: one that takes over in the middle of a rotation may look at
  /// those again. Throws where a file cannot be read.
  void read_put_aside();
  /// The rest, when nobody writes any more.
  [[nodiscard]] LineCounts end();
  [[nodiscard]] const LineCounts& counts() const { return audit_.counts(); }
  [[nodiscard]] std::uint64_t files() const { return files_; }
  /// Of them, those that were read from their compressed form.
  [[nodiscard]] std::uint64_t compressed() const { return compressed_; }

private:
  [[nodiscard]] std::vector<std::string> put_aside() const;
  void read_one_put_aside(const std::string& path);
  void read_plain(const Fd& file);
  void read_compressed(const Fd& file, const std::string& path);
  void take_bytes(std::string_view bytes);
  void take(std::string_view line);

  Options options_;
  LineAudit audit_;
  std::string rest_; ///< of the line in which the last file ended
  std::string last_; ///< path of the last one that was put aside and read, without its ending
  std::uint64_t files_ = 0;
  std::uint64_t compressed_ = 0;
};

} // namespace holdfast::test
