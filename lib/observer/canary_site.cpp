#include "observer/canary_site.h"

#include "observer/canary_image.h"
#include "observer/json.h"
#include "observer/url_path.h"

#include <algorithm>

namespace holdfast::observer {
namespace {

constexpr std::string_view image_name = "canary.png";
constexpr std::string_view json_type = "application/json";

std::string draft_path(const Url& site, std::string_view id, std::string_view rest = "") {
  return below(site, "/api/records/" + percent_encoded(id) + "/draft" + std::string(rest));
}

std::string image_path(const Url& site, std::string_view id, std::string_view rest = "") {
  return draft_path(site, id, "/files/" + std::string(image_name) + std::string(rest));
}

HttpRequest get(std::string path) {
  HttpRequest request;
  request.path = std::move(path);
  return request;
}

HttpRequest post(std::string path, const Json& body) {
  HttpRequest request = get(std::move(path));
  request.method = "POST";
  request.content_type = json_type;
  request.body = body.is_null() ? "" : body.dump();
  return request;
}

bool is_canary(std::string_view title) {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::size_t length = 16;
  if (!title.starts_with(canary_title)) return false;
  title.remove_prefix(canary_title.size());
  return title.size() == length + 1 && title.front() == ' ' &&
         title.substr(1).find_first_not_of(digits) == std::string_view::npos;
}

/// A draft, not the draft of something that is published.
bool is_plain_draft(const Json& hit) {
  return is_true_at(hit, "is_draft") && !is_true_at(hit, "is_published");
}

} // namespace

bool is_record_id(std::string_view text) {
  constexpr std::size_t longest = 64;
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

HttpRequest find_own(const Url& site, std::string_view title) {
  const std::string query = "metadata.title:\"" + std::string(title) + '"';
  HttpRequest request = get(
      below(site, "/api/user/records?size=" + std::to_string(most_remains) + "&q=" + percent_encoded(query)));
  request.longest_answer = 1U << 20;
  return request;
}

std::optional<std::vector<std::string>> canaries_in(const HttpResponse& response) {
  const auto json = parse_json(response.body);
  const Json& hits = json ? value_at(value_at(*json, "hits"), "hits") : value_at({}, "");
  if (!hits.is_array()) return std::nullopt;
  std::vector<std::string> ids;
  for (const Json& hit : hits) {
    std::string id = text_at(hit, "id");
    if (!is_plain_draft(hit) || !is_canary(text_at(value_at(hit, "metadata"), "title"))) continue;
    if (is_record_id(id) && ids.size() < most_remains) ids.push_back(std::move(id));
  }
  return ids;
}

HttpRequest make_draft(const Url& site, std::string_view title) {
  return post(below(site, "/api/records"), {{"access", {{"record", "restricted"}, {"files", "restricted"}}},
                                            {"files", {{"enabled", true}}},
                                            {"metadata", {{"title", title}}}});
}

std::optional<std::string> id_in(const HttpResponse& response) {
  const auto json = parse_json(response.body);
  std::string id = json ? text_at(*json, "id") : "";
  if (!is_record_id(id)) return std::nullopt;
  return id;
}

HttpRequest register_image(const Url& site, std::string_view id) {
  return post(draft_path(site, id, "/files"), Json::array({{{"key", image_name}}}));
}

HttpRequest upload_image(const Url& site, std::string_view id) {
  HttpRequest request = get(image_path(site, id, "/content"));
  request.method = "PUT";
  request.content_type = "application/octet-stream";
  request.body = canary_image();
  return request;
}

HttpRequest commit_image(const Url& site, std::string_view id) {
  return post(image_path(site, id, "/commit"), nullptr);
}

HttpRequest look_at_image(const Url& site, std::string_view id) {
  return get(image_path(site, id));
}

bool has_mark(const HttpResponse& response) {
  const auto json = parse_json(response.body);
  return json && number_at(value_at(*json, "metadata"), "width") == canary_width;
}

HttpRequest delete_draft(const Url& site, std::string_view id) {
  HttpRequest request = get(draft_path(site, id));
  request.method = "DELETE";
  return request;
}

HttpRequest look_at_draft(const Url& site, std::string_view id) {
  return get(draft_path(site, id));
}

} // namespace holdfast::observer
