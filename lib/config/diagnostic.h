#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::config {

enum class Severity : std::uint8_t { error, warning };

/// One mistake with its place. Lines and columns count from 1; line 0 is the file as a whole.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string file = {};
  int line = 0;
  int column = 0;
  int length = 1;               ///< of what the caret underlines, in bytes
  std::string path = {};        ///< "services.postgresql.limits.memroy"
  std::string message = {};     ///< what is wrong
  std::string hint = {};        ///< what to do: "did you mean \"memory\"?"; may be empty
  std::string source_line = {}; ///< the text of the line, for the excerpt
};

/// "FILE:31:5: error: …; did you mean …" and the excerpt with its caret, each ended by a newline.
[[nodiscard]] std::string render(const Diagnostic& diagnostic);

/// `check --json`: one array, each element {"file","line","column","severity","path","message","hint"}.
[[nodiscard]] std::string render_json(const std::vector<Diagnostic>& diagnostics);

[[nodiscard]] bool has_errors(const std::vector<Diagnostic>& diagnostics);

} // namespace holdfast::config
