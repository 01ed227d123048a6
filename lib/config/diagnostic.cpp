#include "config/diagnostic.h"

#include "config/characters.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace holdfast::config {
namespace {

std::string_view name_of(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

std::size_t size(int value) {
  return static_cast<std::size_t>(std::max(value, 0));
}

/// The part of a long line that is shown, as offsets into it: the place is always in it.
struct Window {
  std::size_t begin = 0;
  std::size_t length = 0;
};

Window window(std::string_view line, std::size_t at) {
  constexpr std::size_t widest = 160;
  constexpr std::size_t before = 80;
  if (line.size() <= widest) return {0, line.size()};
  const auto inside = [&](std::size_t i) {
    return i < line.size() && (static_cast<unsigned char>(line[i]) & 0xc0U) == 0x80;
  };
  std::size_t begin = at > before ? at - before : 0;
  while (inside(begin))
    ++begin;
  std::size_t end = std::min(begin + widest, line.size());
  while (inside(end))
    --end;
  return {begin, end - begin};
}

/// Spaces as wide as `text`; its tabs stay tabs, whatever width the terminal gives them.
std::string blanks(std::string_view text) {
  std::string blank;
  for (const char c : text)
    if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80) blank += c == '\t' ? '\t' : ' ';
  return blank;
}

std::string excerpt(const Diagnostic& d) {
  const std::size_t at = std::min(size(d.column - 1), d.source_line.size());
  const Window shown = window(d.source_line, at);
  const std::string_view line = std::string_view(d.source_line).substr(shown.begin, shown.length);
  const std::size_t start = std::min(at - shown.begin, line.size());
  const std::size_t marked = columns(line.substr(start, size(d.length)));
  std::string number = std::to_string(d.line);
  if (number.size() < 5) number.insert(0, 5 - number.size(), ' ');
  std::string text = number + " | " + printable(line) + "\n";
  text += std::string(number.size(), ' ') + " | " + blanks(printable(line.substr(0, start))) + "^";
  if (marked > 1) text += std::string(marked - 1, '~');
  return text + "\n";
}

} // namespace

std::string render(const Diagnostic& d) {
  std::string text = printable(d.file) + ":";
  if (d.line > 0) text += std::to_string(d.line) + ":" + std::to_string(d.column) + ":";
  text += " " + std::string(name_of(d.severity)) + ": " + d.message;
  if (!d.hint.empty()) text += "; " + d.hint;
  text += "\n";
  if (d.line > 0 && !d.source_line.empty()) text += excerpt(d);
  return text;
}

std::string render_json(const std::vector<Diagnostic>& diagnostics) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Diagnostic& d : diagnostics)
    all.push_back({{"file", d.file},
                   {"line", d.line},
                   {"column", d.column},
                   {"severity", name_of(d.severity)},
                   {"path", d.path},
                   {"message", d.message},
                   {"hint", d.hint}});
  // What is not UTF-8 (a file's name may be anything) is replaced, not thrown about.
  return all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

bool has_errors(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

} // namespace holdfast::config
