#include "config/report.h"

#include "config/characters.h"

#include <algorithm>
#include <tuple>

namespace holdfast::config {
namespace {

/// A longer line is not shown, nor kept once for each mistake in it.
constexpr std::size_t longest_line = 4096;

/// More mistakes than anybody reads; the rest is counted.
constexpr std::size_t most_kept = 1000;

std::string line_of(const Place& place) {
  if (!place.source) return {};
  const std::string_view line = place.source->line(place.line);
  return line.size() > longest_line ? std::string() : std::string(line);
}

auto rank(const Diagnostic& d) {
  return std::tie(d.severity, d.file, d.line, d.column, d.message);
}

} // namespace

void Report::add(Severity severity, const Place& place, const std::string& path, const Flaw& flaw) {
  if (severity == Severity::error) ++errors_;
  if (diagnostics_.size() == most_kept) return;
  diagnostics_.push_back({.severity = severity,
                          .file = place.source ? place.source->path : std::string(),
                          .line = place.line,
                          .column = place.column,
                          .length = place.length,
                          .path = path,
                          .message = printable(flaw.message),
                          .hint = printable(flaw.hint),
                          .source_line = line_of(place)});
}

void Report::error(const Place& place, const std::string& path, const Flaw& flaw) {
  add(Severity::error, place, path, flaw);
}

void Report::warning(const Place& place, const std::string& path, const Flaw& flaw) {
  add(Severity::warning, place, path, flaw);
}

void Report::file_error(const std::string& file, const std::string& message) {
  ++errors_;
  Diagnostic diagnostic;
  diagnostic.file = file;
  diagnostic.message = printable(message);
  diagnostics_.push_back(std::move(diagnostic));
}

std::vector<Diagnostic> Report::sorted(const std::vector<std::string>& files) const {
  // Not by path: the operator's files come before the presets wherever either is installed.
  const auto read_at = [&](const Diagnostic& d) { return std::find(files.begin(), files.end(), d.file); };
  const auto before = [&](const Diagnostic& a, const Diagnostic& b) {
    return std::tuple(a.severity, read_at(a)) < std::tuple(b.severity, read_at(b)) ||
           (a.severity == b.severity && read_at(a) == read_at(b) && rank(a) < rank(b));
  };
  std::vector<Diagnostic> all = diagnostics_;
  std::stable_sort(all.begin(), all.end(), before);
  const auto same = [](const auto& a, const auto& b) { return rank(a) == rank(b); };
  all.erase(std::unique(all.begin(), all.end(), same), all.end());
  return all;
}

std::string in_quotes(std::string_view word) {
  constexpr std::size_t most = 80;
  std::string text = printable(word.substr(0, most));
  if (word.size() > most) text += "...";
  return '"' + text + '"';
}

std::string below(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

} // namespace holdfast::config
