#include "observer/scripted_site.h"

#include "observer/http_peer.h"

#include <nlohmann/json.hpp>

namespace holdfast::test {
namespace {

using Json = nlohmann::json;

std::string header_of(const std::string& head, const std::string& name) {
  const auto at = head.find(name + ": ");
  if (at == std::string::npos) return "";
  const auto begin = at + name.size() + 2;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::string decoded(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '%')
      plain += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16)), i += 2;
    else
      plain += text[i];
  return plain;
}

const std::string records = "/api/records/";

/// "ab1-2" of "/api/records/ab1-2/draft/…"; empty where there is none.
std::string id_of(const std::string& path) {
  if (!path.starts_with(records)) return "";
  return path.substr(records.size(), path.find('/', records.size()) - records.size());
}

} // namespace

ScriptedSite::ScriptedSite() : server_([this](Peer& peer) { serve(peer); }) {}

void ScriptedSite::answer(const std::string& request, const std::string& with) {
  const std::lock_guard lock(mutex_);
  answers_[request] = with;
}

void ScriptedSite::mark_after(int looks) {
  const std::lock_guard lock(mutex_);
  mark_after_ = looks;
}

void ScriptedSite::hide_from_search() {
  const std::lock_guard lock(mutex_);
  is_hidden_ = true;
}

void ScriptedSite::keep_deleted() {
  const std::lock_guard lock(mutex_);
  is_kept_ = true;
}

std::string ScriptedSite::add(Draft draft) {
  const std::lock_guard lock(mutex_);
  const std::string id = "abc12-" + std::to_string(next_++);
  drafts_.emplace(id, std::move(draft));
  return id;
}

std::map<std::string, ScriptedSite::Draft> ScriptedSite::drafts() const {
  const std::lock_guard lock(mutex_);
  return drafts_;
}

std::vector<std::string> ScriptedSite::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedSite::serve(Peer& peer) {
  const std::string head = request_of(peer);
  if (head.empty()) return;
  const std::string length = header_of(head, "Content-Length");
  const std::string body = length.empty() ? "" : peer.receive(std::stoul(length));
  const std::string method = head.substr(0, head.find(' '));
  const std::string target = head.substr(method.size() + 1, head.find(" HTTP") - method.size() - 1);
  std::string response;
  {
    const std::lock_guard lock(mutex_);
    std::string request = method + ' ' + target.substr(0, target.find('?'));
    if (const std::string id = id_of(target); !id.empty())
      request.replace(request.find(id), id.size(), "{id}");
    requests_.push_back(request);
    const auto scripted = answers_.find(request);
    if (scripted != answers_.end())
      response = scripted->second;
    else if (header_of(head, "Authorization") != std::string("Bearer ") + token)
      response = http_answer("401 UNAUTHORIZED", R"({"message":"no"})");
    else
      response = respond(method, target, body);
  }
  if (response.empty()) return peer.wait_for_its_end();
  peer.send(response);
}

std::string ScriptedSite::listed(const std::string& query) const {
  const std::string front = "metadata.title:\"";
  const std::string wanted = query.substr(front.size(), query.size() - front.size() - 1);
  Json hits = Json::array();
  for (const auto& [id, draft] : drafts_)
    if (!is_hidden_ && draft.title.find(wanted) != std::string::npos)
      hits.push_back({{"id", id},
                      {"is_draft", true},
                      {"is_published", draft.is_published},
                      {"metadata", {{"title", draft.title}}}});
  return http_answer("200 OK", Json{{"hits", {{"hits", hits}}}}.dump());
}

std::string ScriptedSite::respond(const std::string& method, const std::string& target,
                                  const std::string& body) {
  if (method == "GET" && target.starts_with("/api/user/records?"))
    return listed(decoded(target.substr(target.find("q=") + 2)));
  if (method == "POST" && target == "/api/records") {
    const std::string id = "xyz34-" + std::to_string(next_++);
    drafts_[id] = {.title = Json::parse(body).at("metadata").at("title").get<std::string>()};
    return http_answer("201 CREATED", Json{{"id", id}}.dump());
  }
  const std::string id = id_of(target);
  const std::string front = records + id + "/draft";
  if (!drafts_.contains(id) || !target.starts_with(front)) return http_answer("404 NOT FOUND");
  return respond_about(id, method, target.substr(front.size()), body);
}

std::string ScriptedSite::respond_about(const std::string& id, const std::string& method,
                                        const std::string& rest, const std::string& body) {
  Draft& draft = drafts_[id];
  const std::string image = "/files/canary.png";
  if (method == "DELETE" && rest.empty()) {
    if (!is_kept_) drafts_.erase(id);
    return http_answer("204 NO CONTENT");
  }
  if (method == "GET" && rest.empty()) return http_answer("200 OK", "{}");
  if (method == "POST" && rest == "/files") {
    if (Json::parse(body) != Json::parse(R"([{"key":"canary.png"}])")) return http_answer("400 BAD REQUEST");
    return http_answer("201 CREATED", "{}");
  }
  if (method == "PUT" && rest == image + "/content") {
    draft.image = body;
    return http_answer("200 OK", "{}");
  }
  if (method == "POST" && rest == image + "/commit") {
    draft.is_committed = true;
    return http_answer("200 OK", "{}");
  }
  if (method == "GET" && rest == image) {
    const bool is_marked = draft.is_committed && mark_after_ >= 0 && draft.looks++ >= mark_after_;
    return http_answer("200 OK",
                       is_marked ? R"({"metadata":{"width":7,"height":5}})" : R"({"metadata":null})");
  }
  return http_answer("405 METHOD NOT ALLOWED");
}

} // namespace holdfast::test
