#include "client/table.h"

#include "client/text.h"

#include <algorithm>

namespace holdfast::client {
namespace {

constexpr std::size_t gap = 2;

std::vector<std::size_t> widths_of(const std::vector<std::vector<Cell>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], columns(row[i].text));
  }
  return widths;
}

} // namespace

std::vector<std::string> lay_out(const std::vector<std::vector<Cell>>& rows, const Terminal& terminal,
                                 std::size_t width) {
  const std::vector<std::size_t> widths = widths_of(rows);
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string line;
    std::size_t at = 0;
    std::size_t owed = 0; // spaces that only a further text brings in: a line ends with its last text
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string text = row[i].text;
      if (width != 0 && i + 1 == row.size()) text = cut(text, width > at ? width - at : 0);
      if (!text.empty()) line += std::string(owed, ' ') + terminal.in(row[i].colour, text);
      if (!text.empty()) owed = 0;
      owed += widths[i] - std::min(widths[i], columns(text)) + gap;
      at += widths[i] + gap;
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

} // namespace holdfast::client
