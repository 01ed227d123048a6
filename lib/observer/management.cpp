#include "observer/management.h"

#include "observer/connect.h"
#include "observer/json.h"
#include "observer/url_path.h"
#include "observer/words.h"

namespace holdfast::observer {
namespace {

using enum wire::ProbeVerdict;

/// {"status":"failed","reason":…,"alarms":[{"node":"rabbit@a","resource":"memory"}]}
Answer alarms_of(const HttpResponse& response) {
  const auto json = parse_json(response.body);
  std::string words;
  if (json)
    for (const Json& alarm : value_at(*json, "alarms")) {
      const std::string resource = text_at(alarm, "resource");
      if (resource.empty()) continue;
      words += (words.empty() ? "" : ", ") + response.secrets.excerpt(resource, 20) + " alarm on " +
               response.secrets.excerpt(text_at(alarm, "node"), 60);
    }
  if (words.empty()) return {failed, "asked for alarms: " + words_of(response)};
  return {failed, words + ": publishers are kept waiting"};
}

} // namespace

Answer refusal_of(const HttpResponse& response, std::string_view user) {
  if (response.status != 401 && response.status != 403) return {failed, words_of(response)};
  const std::string who =
      user.empty() ? "nobody is let in without a user" : "user " + excerpt(user) + " is not let in";
  return {failed, who + ": " + words_of(response)};
}

std::unique_ptr<HttpExchange> ask_for_alarms(boost::asio::io_context& loop, HttpServer server,
                                             Answered answered) {
  const std::string user = server.user;
  HttpRequest request;
  request.path = below(server.url, "/api/health/checks/local-alarms");
  return std::make_unique<HttpExchange>(
      loop, std::move(server), std::move(request),
      [answered = std::move(answered), user](const Result<HttpResponse>& response) {
        if (!response) return answered(unreachable(response.error()));
        if (response.value().status == 200) return answered({succeeded, "no alarms"});
        if (response.value().status == 503) return answered(alarms_of(response.value()));
        answered(refusal_of(response.value(), user));
      });
}

} // namespace holdfast::observer
