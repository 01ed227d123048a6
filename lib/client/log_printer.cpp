#include "client/log_printer.h"

#include "client/colours.h"
#include "client/text.h"
#include "wire/status_view.h"

#include <algorithm>

namespace holdfast::client {
namespace {

constexpr std::size_t written_at_once = 64U << 10;

} // namespace

LogPrinter::LogPrinter(Terminal& terminal, const Options& options, const std::vector<std::string>& services)
    : terminal_(terminal), json_(options.json), raw_(options.raw), services_(services),
      columns_(services.size()) {
  if (services.size() < 2) return;
  std::size_t widest = 0;
  for (const std::string& service : services)
    widest = std::max(widest, service.size());
  for (std::size_t i = 0; i < services.size(); ++i)
    columns_[i] =
        terminal.in(colour_of_number(i), services[i] + std::string(widest - services[i].size(), ' ') + " | ");
}

bool LogPrinter::print(const MergedLine& merged) {
  if (json_)
    add_json(merged);
  else if (raw_)
    add_raw(merged.line);
  else
    add_short(merged);
  return text_.size() < written_at_once || flush();
}

void LogPrinter::add_json(const MergedLine& merged) {
  add(wire::encode_log_line({.service = services_[merged.log], .line = std::string(merged.line.text)}));
  text_ += '\n';
}

void LogPrinter::add_raw(const LineView& line) {
  add(line.text);
  if (line.ends) text_ += '\n';
}

void LogPrinter::add_short(const MergedLine& merged) {
  text_ += columns_[merged.log];
  add(merged.line.text);
  text_ += '\n';
}

/// A pipe gets what is in the file.
void LogPrinter::add(std::string_view text) {
  if (terminal_.is_terminal())
    text_ += harmless(text);
  else
    text_ += text;
}

bool LogPrinter::flush() {
  const bool read = text_.empty() || terminal_.write(text_);
  text_.clear();
  return read;
}

} // namespace holdfast::client
