#include "observer/opensearch_probe.h"

#include "observer/connect.h"
#include "observer/http_client.h"
#include "observer/later.h"
#include "observer/opensearch_answers.h"
#include "observer/url_path.h"

#include <memory>
#include <optional>

namespace holdfast::observer {
namespace {

using enum wire::ProbeVerdict;

constexpr std::size_t longest_answer = 1U << 20;

/// Without these a node that has lost its manager keeps the request for 30 s.
constexpr std::string_view health_path = "/_cluster/health?timeout=1s&master_timeout=1s";
constexpr std::string_view blocks_path = "/_cluster/state/blocks?local=true";
constexpr std::string_view disks_path = "/_cat/allocation?format=json&h=disk.percent&local=true";

class OpenSearchProbe : public Probe {
public:
  OpenSearchProbe(boost::asio::io_context& loop, const wire::ProbeQuestion& question, Answered answered)
      : loop_(loop), answered_(std::move(answered)) {
    auto server = server_of(question, question.target);
    if (!server) {
      later_.emplace(loop, [this, error = server.error()] { tell(unreachable(error)); });
      return;
    }
    server_ = std::move(server).value();
    ask(health_path, &OpenSearchProbe::health_came);
  }

  [[nodiscard]] std::string waits_for() const override {
    return exchange_ ? exchange_->waits_for() : "its turn";
  }

private:
  using Next = void (OpenSearchProbe::*)(const HttpResponse&);

  void ask(std::string_view path, Next next) {
    HttpRequest request;
    request.path = below(server_.url, path);
    request.longest_answer = longest_answer;
    exchange_ = std::make_unique<HttpExchange>(loop_, server_, std::move(request),
                                               [this, next](const Result<HttpResponse>& response) {
                                                 if (!response) return tell(unreachable(response.error()));
                                                 (this->*next)(response.value());
                                               });
  }

  void health_came(const HttpResponse& response) {
    answer_ = health_of(response, server_.user);
    if (answer_.verdict != succeeded) return tell(answer_);
    ask(blocks_path, &OpenSearchProbe::blocks_came);
  }

  void blocks_came(const HttpResponse& response) {
    const Answer blocks = blocks_of(response, server_.user);
    if (blocks.verdict != succeeded) return tell(blocks);
    add(blocks.said);
    ask(disks_path, &OpenSearchProbe::disks_came);
  }

  void disks_came(const HttpResponse& response) {
    add(disk_words_of(response));
    tell(answer_);
  }

  void add(const std::string& words) {
    if (!words.empty()) answer_.said += "; " + words;
  }

  void tell(const Answer& answer) {
    const Answer told = answer;
    std::exchange(answered_, nullptr)(told);
  }

  boost::asio::io_context& loop_;
  Answered answered_;
  HttpServer server_;
  Answer answer_;
  std::unique_ptr<HttpExchange> exchange_;
  std::optional<Later> later_;
};

} // namespace

std::unique_ptr<Probe> begin_opensearch(boost::asio::io_context& loop, const wire::ProbeQuestion& question,
                                        Answered answered) {
  return std::make_unique<OpenSearchProbe>(loop, question, std::move(answered));
}

} // namespace holdfast::observer
