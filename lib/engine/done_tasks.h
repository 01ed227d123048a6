#pragma once

#include "base/result.h"
#include "model/spec.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::engine {

/// Which tasks to be run once ended well, with which program: STATE/tasks-done, "NAME PROGRAM" a line. It
/// outlives the daemon and the machine's boots; without it every one of them runs again.
class DoneTasks {
public:
  explicit DoneTasks(std::string path) : path_(std::move(path)) {}

  /// No file: no task is done. A line that is none is passed over.
  [[nodiscard]] Status read();

  /// Those of the stack that ended well with the program that they have.
  [[nodiscard]] std::vector<ServiceId> of(const model::StackSpec& stack) const;
  void add(const model::ServiceSpec& task);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
  std::map<std::string, std::string> programs_; ///< by name
};

/// The same for the same program in each build of this daemon, 16 digits. Names it; keeps no secret of it.
[[nodiscard]] std::string fingerprint(const model::Program& program);

} // namespace holdfast::engine
