#include "chaos/line_audit.h"

#include "chaos/numbered_line.h"

#include <charconv>
#include <utility>

namespace holdfast::test {
namespace {

/// The number at the front, which a blank follows; both are taken off.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr == text.data() + text.size() || *read.ptr != ' ') return {};
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()) + 1);
  return number;
}

std::string start_of(std::string_view line) {
  constexpr std::size_t shown = 80;
  return "\"" + std::string(line.substr(0, shown)) + (line.size() > shown ? "…\"" : "\"");
}

} // namespace

std::string LineCounts::failure() const {
  if (lost + doubled + torn + dropped == 0) return "";
  return std::to_string(whole) + " lines are whole, " + std::to_string(lost) + " lost, " +
         std::to_string(doubled) + " doubled, " + std::to_string(torn) + " torn, " + std::to_string(dropped) +
         " dropped; the first trouble: " + trouble;
}

void LineAudit::take(std::string_view line) {
  if (const auto name = name_of(line)) return take_named(line, *name);
  if (take_newline(line) || take_rest(line) || take_start_without_name(line) || take_own_words(line)) return;
  ++counts_.torn;
  tell("nobody wrote " + start_of(line));
}

std::optional<LineAudit::Name> LineAudit::name_of(std::string_view line) const {
  if (!line.starts_with(service_) || line.substr(service_.size(), 1) != " ") return {};
  line.remove_prefix(service_.size() + 1);
  const auto run = take_number(line);
  if (!run) return {};
  const auto number = take_number(line);
  if (!number || *number == 0) return {};
  return Name{.run = *run, .number = *number};
}

const std::string& LineAudit::line_of(std::uint64_t run, std::uint64_t number) {
  expected_.clear();
  append_line(expected_, service_, run, number);
  return expected_;
}

void LineAudit::take_named(std::string_view line, const Name& name) {
  const std::string& whole = line_of(name.run, name.number);
  Reading& reading = runs_[name.run];
  present_ = name.run;
  if (line == whole) return complete(name.run, name.number);
  if (name.number == reading.next && reading.open == 0 && whole.starts_with(line)) {
    reading.open = line.size();
    return;
  }
  ++counts_.torn;
  tell("a piece of line " + std::to_string(name.number) + " of run " + std::to_string(name.run) + ", " +
       std::to_string(line.size()) + " bytes, where line " + std::to_string(reading.next) + " was next");
}

void LineAudit::complete(std::uint64_t run, std::uint64_t number) {
  Reading& reading = runs_[run];
  ++counts_.whole;
  if (number == reading.next && reading.open == 0) {
    ++reading.next;
    reading.may_end = true;
    return;
  }
  const std::string line = "line " + std::to_string(number) + " of run " + std::to_string(run);
  if (number < reading.next) {
    ++counts_.doubled;
    return tell(line + " came again, " + std::to_string(reading.next) + " was next");
  }
  if (reading.open != 0) {
    ++counts_.torn;
    tell("a piece of line " + std::to_string(reading.next) + " of run " + std::to_string(run) +
         " has no rest");
  }
  if (number > reading.next) {
    counts_.lost += number - reading.next;
    tell(line + " came, " + std::to_string(reading.next) + " was next");
  }
  reading = {.next = number + 1, .open = 0};
}

/// Lines of another run came between a line and its newline, which stands alone then.
bool LineAudit::take_newline(std::string_view piece) {
  if (!piece.empty()) return false;
  for (auto& [run, reading] : runs_)
    if (run != present_ && reading.open == 0 && std::exchange(reading.may_end, false)) {
      ++counts_.split;
      return true;
    }
  return false;
}

/// What goes on where a line that has a name was cut.
bool LineAudit::take_rest(std::string_view piece) {
  for (auto& [run, reading] : runs_) {
    if (reading.open == 0) continue;
    const std::string_view rest = std::string_view(line_of(run, reading.next)).substr(reading.open);
    if (!rest.starts_with(piece)) continue;
    if (rest.size() > piece.size()) {
      reading.open += piece.size();
      return true;
    }
    ++counts_.split;
    reading.open = 0;
    complete(run, reading.next);
    return true;
  }
  return false;
}

/// Cut before its name was complete: of the latest run, or of one that has not written before.
bool LineAudit::take_start_without_name(std::string_view piece) {
  if (piece.empty()) return false;
  const std::uint64_t latest = runs_.empty() ? 1 : runs_.rbegin()->first;
  for (const std::uint64_t run : {latest, latest + 1}) {
    Reading& reading = runs_[run];
    if (reading.open != 0 || !line_of(run, reading.next).starts_with(piece)) continue;
    reading.open = piece.size();
    return true;
  }
  return false;
}

/// "holdfast: 512 lines were dropped between …"
bool LineAudit::take_own_words(std::string_view line) {
  constexpr std::string_view mark = "holdfast: ";
  if (!line.starts_with(mark)) return false;
  const std::string words(line);
  line.remove_prefix(mark.size());
  const auto count = take_number(line);
  if (!count || line.find("dropped") == std::string_view::npos) return false;
  counts_.dropped += *count;
  tell(words);
  return true;
}

LineCounts LineAudit::end(const std::vector<KnownRun>& runs) {
  std::map<std::uint64_t, KnownRun> known;
  for (const KnownRun& run : runs) {
    known.emplace(run.run, run);
    runs_[run.run];
  }
  for (const auto& [number, reading] : runs_) {
    const auto found = known.find(number);
    const std::uint64_t seen = reading.next - 1;
    const bool wrote_nothing = seen == 0 && reading.open == 0;
    if (found == known.end()) {
      if (wrote_nothing) continue;
      ++counts_.torn;
      tell("lines of run " + std::to_string(number) + ", of which nobody knows");
      continue;
    }
    const KnownRun& run = found->second;
    if (seen < run.lines) {
      counts_.lost += run.lines - seen;
      tell("run " + std::to_string(number) + " wrote " + std::to_string(run.lines) +
           " lines, the log ends with " + std::to_string(seen));
    }
    if (run.end != RunEnd::none && (seen > run.lines || reading.open != 0)) {
      ++counts_.torn;
      tell("run " + std::to_string(number) + " wrote " + std::to_string(run.lines) +
           " lines and ended in order, the log has " + std::to_string(seen) + " and a piece of " +
           std::to_string(reading.open) + " bytes");
    }
  }
  return counts_;
}

void LineAudit::tell(const std::string& what) {
  if (counts_.trouble.empty()) counts_.trouble = service_ + ": " + what;
}

} // namespace holdfast::test
