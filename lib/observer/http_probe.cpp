#include "observer/http_probe.h"

#include "observer/connect.h"
#include "observer/http_client.h"
#include "observer/later.h"
#include "observer/words.h"

#include <optional>
#include <re2/re2.h>

namespace holdfast::observer {
namespace {

using enum wire::ProbeVerdict;

RE2::Options quiet() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(wire::most_memory_of_expression);
  return options;
}

/// What a status that is not the wanted one says by itself.
std::string hint_of(int status, const std::string& host) {
  if (status == 400) return " (is the Host \"" + excerpt(host) + "\" among those that it trusts?)";
  return "";
}

class HttpProbe : public Probe {
public:
  HttpProbe(boost::asio::io_context& loop, const wire::ProbeQuestion& question, Answered answered)
      : status_(question.status), answered_(std::move(answered)) {
    if (!question.body.empty()) expression_.emplace(question.body, quiet());
    auto server = server_of(question, question.target);
    if (expression_ && !expression_->ok())
      later_.emplace(loop, [this] { tell({unknown, "body: " + expression_->error()}); });
    else if (!server)
      later_.emplace(loop, [this, error = server.error()] { tell(unreachable(error)); });
    else
      ask(loop, std::move(server).value());
  }

  [[nodiscard]] std::string waits_for() const override {
    return exchange_ ? exchange_->waits_for() : "its turn";
  }

private:
  void ask(boost::asio::io_context& loop, HttpServer server) {
    host_ = server.host;
    HttpRequest request;
    request.path = server.url.path;
    exchange_.emplace(loop, std::move(server), std::move(request),
                      [this](const auto& response) { tell(judged(response)); });
  }

  void tell(const Answer& answer) { std::exchange(answered_, nullptr)(answer); }

  [[nodiscard]] Answer judged(const Result<HttpResponse>& response) const {
    if (!response) return unreachable(response.error());
    const HttpResponse& got = response.value();
    if (got.status != status_)
      return {failed, status_of(got) + ", not " + std::to_string(status_) + hint_of(got.status, host_) +
                          (got.beginning.empty() ? "" : "; its body begins with \"" + got.beginning + '"')};
    if (expression_ && !RE2::PartialMatch(got.body, *expression_))
      return {failed, "its body does not match \"" + excerpt(expression_->pattern()) +
                          "\", it begins with \"" + got.beginning + '"'};
    return {succeeded, status_of(got)};
  }

  int status_;
  Answered answered_;
  std::optional<RE2> expression_;
  std::string host_;
  std::optional<HttpExchange> exchange_;
  std::optional<Later> later_;
};

} // namespace

std::unique_ptr<Probe> begin_http(boost::asio::io_context& loop, const wire::ProbeQuestion& question,
                                  Answered answered) {
  return std::make_unique<HttpProbe>(loop, question, std::move(answered));
}

} // namespace holdfast::observer
