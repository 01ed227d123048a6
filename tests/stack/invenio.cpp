#include "stack/invenio.h"

#include "support/ports.h"

#include <fstream>
#include <stdexcept>

namespace holdfast::test {
namespace {

/// tests/stack/provision/demonstration/layout.py: Ports.
constexpr int port_count = 17;
constexpr int place_of_broker = 6;
constexpr int place_of_api = 11;

constexpr auto with_nothing_cached = 20min;

} // namespace

Invenio::Invenio() : first_port_(free_ports(port_count)) {
  const auto made = run_program({HOLDFAST_SOURCE_DIR "/tests/stack/provision/provision", directory_.path(),
                                 "--port", std::to_string(first_port_), "--name", directory_.name()},
                                with_nothing_cached);
  if (made.code != 0) throw std::runtime_error("provision: " + made.output);
}

std::string Invenio::site() const {
  return "https://localhost:" + std::to_string(first_port_);
}

std::vector<int> Invenio::ports() const {
  std::vector<int> all;
  for (int n = 0; n < port_count; ++n)
    all.push_back(first_port_ + n);
  return all;
}

int Invenio::broker_port() const {
  return first_port_ + place_of_broker;
}

int Invenio::api_port() const {
  return first_port_ + place_of_api;
}

Invenio::Answer Invenio::ask(const std::string& method, const std::string& path,
                             const std::string& body) const {
  const std::string token = contents(token_file());
  Words words{"curl",
              "--silent",
              "--show-error",
              "--max-time",
              "30",
              "--cacert",
              ca(),
              "--request",
              method,
              "--header",
              "Authorization: Bearer " + token.substr(0, token.find('\n')),
              "--header",
              "Content-Type: application/json",
              "--write-out",
              "\n%{http_code}"};
  if (!body.empty()) words.insert(words.end(), {"--data", body});
  words.push_back(site() + path);
  const auto finished = run_program(words);
  if (finished.code != 0) throw std::runtime_error(method + " " + path + ": " + finished.output);
  const auto line = finished.output.rfind('\n');
  return {.status = std::stoi(finished.output.substr(line + 1)), .body = finished.output.substr(0, line)};
}

std::string Invenio::publish(const std::string& title) const {
  const nlohmann::json record = {
      {"access", {{"record", "public"}, {"files", "public"}}},
      {"files", {{"enabled", false}}},
      {"metadata",
       {{"title", title},
        {"publication_date", "2026-01-01"},
        {"publisher", "a test"},
        {"resource_type", {{"id", "dataset"}}},
        {"creators",
         {{{"person_or_org",
            {{"type", "personal"}, {"given_name", "Ada"}, {"family_name", "Outsider"}}}}}}}}};
  const auto draft = ask("POST", "/api/records", record.dump());
  if (draft.status != 201) throw std::runtime_error("draft: " + std::to_string(draft.status) + draft.body);
  const auto id = draft.json().at("id").get<std::string>();
  const auto published = ask("POST", "/api/records/" + id + "/draft/actions/publish");
  if (published.status != 202)
    throw std::runtime_error("publish: " + std::to_string(published.status) + published.body);
  return id;
}

Outsider::Options Invenio::sights(const std::string& record) const {
  return {.site = site(),
          .ca = ca(),
          .token_file = token_file(),
          .paths = {"/", "/ping", "/api/ping", "/api/records?size=1", "/api/records/" + record}};
}

void Invenio::change(const std::string& file, const std::string& from, const std::string& to) const {
  std::string text = contents(directory_ / file);
  auto at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error(file + " has no " + from);
  for (; at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  // In place: it keeps its owner and mode.
  std::ofstream(directory_ / file, std::ios::trunc) << text;
}

} // namespace holdfast::test
