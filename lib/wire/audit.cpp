#include "wire/audit.h"

#include "wire/json.h"

#include <array>
#include <cstdio>

namespace holdfast::wire {
namespace {

/// Six bytes at most for each in JSON: two of them and the rest stay below a line's bound.
constexpr std::size_t longest_text = 300;

std::string quoted(const std::string& text) {
  const bool is_long = text.size() > longest_text;
  return write_json(is_long ? text.substr(0, longest_text) + "..." : text);
}

std::string_view word(AuditStage stage) {
  switch (stage) {
  case AuditStage::asked: return "asked";
  case AuditStage::refused: return "refused";
  case AuditStage::done: return "done";
  case AuditStage::failed: return "failed";
  }
  return "";
}

std::string hexadecimal(std::uint64_t id) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(id));
  return text.data();
}

std::string seconds(Duration span) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3fs", std::chrono::duration<double>(span).count());
  return text.data();
}

std::string_view verb_words(const ControlRequest& request) {
  switch (request.verb) {
  case ControlVerb::door: return request.open ? "door open" : "door close";
  case ControlVerb::task: return "task run";
  case ControlVerb::adopt: return "volume adopt";
  default: return word(request.verb);
  }
}

} // namespace

std::string encode(const AuditLine& line) {
  std::string text(word(line.stage));
  text += " by=" + quoted(line.by);
  if (line.pid != 0) text += " pid=" + std::to_string(line.pid);
  if (line.id != 0) text += " id=" + hexadecimal(line.id);
  text += " command=" + quoted(line.command);
  if (line.took) text += " took=" + seconds(*line.took);
  if (!line.text.empty()) text += " text=" + quoted(line.text);
  return text;
}

std::string words(const ControlRequest& request) {
  std::string text(verb_words(request));
  for (const std::string& service : request.services)
    text += " " + service;
  if (!request.volume.empty()) text += " " + request.volume;
  return text;
}

} // namespace holdfast::wire
