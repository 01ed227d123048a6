#include "wire/json.h"

#include <limits>
#include <utility>

namespace holdfast::wire {
namespace {

/// Watches the parser: which keys each open object already has, and how deep it is. Returning false makes the
/// parser throw the value away, so that a flood of brackets builds nothing.
class Watch {
public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    switch (event) {
    case Json::parse_event_t::object_start:
    case Json::parse_event_t::array_start: open(depth); break;
    case Json::parse_event_t::key: add_key(parsed); break;
    case Json::parse_event_t::object_end:
    case Json::parse_event_t::array_end: keys_.pop_back(); break;
    case Json::parse_event_t::value: break;
    }
    return mistake_.empty();
  }
  [[nodiscard]] const std::string& mistake() const { return mistake_; }

private:
  void open(int depth) {
    keys_.emplace_back();
    if (depth >= deepest_json && mistake_.empty()) mistake_ = "JSON nested too deeply";
  }
  void add_key(const Json& key) {
    if (keys_.empty() || keys_.back().insert(key.get<std::string>()).second || !mistake_.empty()) return;
    mistake_ = "key \"" + key.get<std::string>() + "\" stands twice";
  }

  std::vector<std::set<std::string>> keys_;
  std::string mistake_;
};

} // namespace

Result<Json> parse_object(std::string_view text) {
  Watch watch;
  const auto callback = [&watch](int depth, Json::parse_event_t event, Json& parsed) {
    return watch(depth, event, parsed);
  };
  Json value = Json::parse(text, callback, false);
  if (!watch.mistake().empty()) return Error{watch.mistake()};
  if (value.is_discarded()) return Error{"not JSON"};
  if (!value.is_object()) return Error{"not a JSON object"};
  return value;
}

std::string write_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool read(const Json& value, bool& out) {
  if (!value.is_boolean()) return false;
  out = value.get<bool>();
  return true;
}

bool read(const Json& value, std::string& out) {
  if (!value.is_string()) return false;
  out = value.get<std::string>();
  return true;
}

bool read(const Json& value, int& out) {
  if (!value.is_number_integer()) return false;
  const bool big = value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<int>::max();
  const bool small = !big && value.get<std::int64_t>() < std::numeric_limits<int>::min();
  if (big || small) return false;
  out = static_cast<int>(value.get<std::int64_t>());
  return true;
}

bool read(const Json& value, std::uint64_t& out) {
  if (!value.is_number_unsigned()) return false;
  out = value.get<std::uint64_t>();
  return true;
}

bool read(const Json& value, double& out) {
  if (!value.is_number()) return false;
  out = value.get<double>();
  return true;
}

bool read(const Json& value, std::vector<std::string>& out) {
  if (!value.is_array()) return false;
  out.clear();
  for (const Json& element : value)
    if (!read(element, out.emplace_back())) return false;
  return true;
}

Fields::Fields(const Json& object) : object_(object) {
  if (!object.is_object()) fail("not a JSON object");
}

const Json* Fields::look(const char* key) {
  looked_.insert(key);
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

void Fields::fail(std::string what) {
  if (mistake_.empty()) mistake_ = std::move(what);
}

Status Fields::finish(bool closed) const {
  if (!mistake_.empty()) return Error{mistake_};
  if (!closed) return Done{};
  for (const auto& [key, value] : object_.items())
    if (!looked_.contains(key)) return Error{"unknown key \"" + key + "\""};
  return Done{};
}

} // namespace holdfast::wire
