#pragma once
// Collects what is wrong while the configuration is looked at.

#include "config/diagnostic.h"
#include "config/source.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::config {

/// What is wrong with a value, in the operator's words. No message: nothing is wrong.
struct Flaw {
  std::string message;
  std::string hint;
  [[nodiscard]] bool none() const { return message.empty(); }
};

class Report {
public:
  void error(const Place& place, const std::string& path, const Flaw& flaw);
  void warning(const Place& place, const std::string& path, const Flaw& flaw);
  /// About a file as a whole, one that could not be read for instance.
  void file_error(const std::string& file, const std::string& message);

  [[nodiscard]] std::size_t errors() const { return errors_; }

  /// Errors, then warnings; each by file, in the order of `files` with others after them, and by place. A
  /// mistake of a preset that several services use is told once.
  [[nodiscard]] std::vector<Diagnostic> sorted(const std::vector<std::string>& files) const;

private:
  void add(Severity severity, const Place& place, const std::string& path, const Flaw& flaw);

  std::vector<Diagnostic> diagnostics_;
  std::size_t errors_ = 0;
};

/// `word` in double quotes, cut where it is long, without what could disturb a terminal.
[[nodiscard]] std::string in_quotes(std::string_view word);

/// "a.b", or "b" where `path` is empty.
[[nodiscard]] std::string below(const std::string& path, std::string_view key);

} // namespace holdfast::config
