#include "wire/volume.h"

#include "wire/json.h"

#include <algorithm>
#include <array>

namespace holdfast::wire {
namespace {

constexpr std::array all_states = {VolumeState::unknown, VolumeState::present,   VolumeState::missing,
                                   VolumeState::foreign, VolumeState::read_only, VolumeState::stuck,
                                   VolumeState::full};

constexpr std::size_t longest_words = 1000;

bool are_digits(std::string_view text) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return std::all_of(text.begin(), text.end(), is_digit);
}

} // namespace

std::string_view word(VolumeState state) {
  switch (state) {
  case VolumeState::unknown: return "unknown";
  case VolumeState::present: return "present";
  case VolumeState::missing: return "missing";
  case VolumeState::foreign: return "foreign";
  case VolumeState::read_only: return "read-only";
  case VolumeState::stuck: return "stuck";
  case VolumeState::full: return "full";
  }
  return "";
}

std::optional<VolumeState> volume_state_of(std::string_view text) {
  for (const VolumeState state : all_states)
    if (word(state) == text) return state;
  return std::nullopt;
}

bool is_marker_id(std::string_view text) {
  return text.size() == marker_digits && are_digits(text);
}

std::string encode(const VolumeQuestion& question) {
  return write_json({{"adopt", question.adopt},
                     {"path", question.path},
                     {"source", question.source},
                     {"type", question.type},
                     {"mounted", question.mounted},
                     {"marker", question.marker},
                     {"known_marker", question.known_marker},
                     {"known_file_system", question.known_file_system},
                     {"marker_begins", question.marker_begins}});
}

std::string encode(const VolumeAnswer& answer) {
  return write_json({{"state", word(answer.state)},
                     {"what", answer.what.substr(0, longest_words)},
                     {"real_path", answer.real_path},
                     {"mount", answer.mount},
                     {"device", answer.device},
                     {"marker", answer.marker},
                     {"file_system", answer.file_system},
                     {"free_bytes", or_null(answer.free_bytes)},
                     {"size_bytes", or_null(answer.size_bytes)},
                     {"refused", answer.refused.substr(0, longest_words)}});
}

Result<VolumeQuestion> decode_volume_question(std::string_view text) {
  auto object = parse_object(text);
  if (!object) return object.error();
  VolumeQuestion question;
  Fields fields(object.value());
  fields.need("adopt", question.adopt);
  fields.need("path", question.path);
  fields.need("source", question.source);
  fields.need("type", question.type);
  fields.need("mounted", question.mounted);
  fields.need("marker", question.marker);
  fields.need("known_marker", question.known_marker);
  fields.need("known_file_system", question.known_file_system);
  fields.need("marker_begins", question.marker_begins);
  if (auto status = fields.finish(true); !status) return status.error();
  if (question.marker_begins.size() > marker_digits / 2 || !are_digits(question.marker_begins))
    return Error{"a beginning of a marker that is none"};
  return question;
}

Result<VolumeAnswer> decode_volume_answer(std::string_view text) {
  auto object = parse_object(text);
  if (!object) return object.error();
  VolumeAnswer answer;
  std::string state;
  Fields fields(object.value());
  fields.need("state", state);
  fields.need("what", answer.what);
  fields.need("real_path", answer.real_path);
  fields.need("mount", answer.mount);
  fields.need("device", answer.device);
  fields.need("marker", answer.marker);
  fields.need("file_system", answer.file_system);
  fields.need("free_bytes", answer.free_bytes);
  fields.need("size_bytes", answer.size_bytes);
  fields.need("refused", answer.refused);
  if (auto status = fields.finish(true); !status) return status.error();
  const auto known = volume_state_of(state);
  if (!known) return Error{"an unknown state of a volume"};
  answer.state = *known;
  if (!answer.marker.empty() && !is_marker_id(answer.marker)) return Error{"a marker that is no id"};
  return answer;
}

} // namespace holdfast::wire
