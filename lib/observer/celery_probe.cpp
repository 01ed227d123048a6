#include "observer/celery_probe.h"

#include "base/clock.h"
#include "observer/connect.h"
#include "observer/json.h"
#include "observer/later.h"
#include "observer/management.h"
#include "observer/url_path.h"
#include "observer/words.h"

#include <cerrno>
#include <optional>

namespace holdfast::observer {
namespace {

using enum wire::ProbeVerdict;

/// One for the process: a probe lasts for one look.
QueueProgress& remembered() {
  static QueueProgress progress;
  return progress;
}

wire::ProbeQuestion with_user(wire::ProbeQuestion question) {
  if (question.user.empty() && question.secret.empty()) question.user = question.secret = "guest";
  return question;
}

class CeleryProbe : public Probe {
public:
  CeleryProbe(boost::asio::io_context& loop, const wire::ProbeQuestion& question, Answered answered)
      : loop_(loop), question_(with_user(question)), answered_(std::move(answered)) {
    auto server = server_of(question_, question_.target);
    if (server && question_.queues.empty()) server = Error{"no queues to look at", EINVAL};
    if (!server) {
      later_.emplace(loop, [this, error = server.error()] { tell(unreachable(error)); });
      return;
    }
    server_ = std::move(server).value();
    ask();
  }

  [[nodiscard]] std::string waits_for() const override {
    return exchange_ ? exchange_->waits_for() : "its turn";
  }

private:
  [[nodiscard]] const std::string& queue() const { return question_.queues[looked_at_]; }

  void ask() {
    HttpRequest request;
    request.path = below(server_.url,
                         "/api/queues/" + percent_encoded(question_.vhost) + '/' + percent_encoded(queue()));
    exchange_ =
        std::make_unique<HttpExchange>(loop_, server_, std::move(request), [this](const auto& response) {
          if (!response) return tell(unreachable(response.error()));
          came(response.value());
        });
  }

  void came(const HttpResponse& response) {
    if (response.status == 404)
      return tell({failed, "there is no queue " + excerpt(queue()) + " in " + excerpt(question_.vhost)});
    if (response.status != 200) return tell(refusal_of(response, server_.user));
    const std::string key = question_.key + '\n' + question_.vhost + '\n' + queue();
    const Answer answer = queue_answer(queue(), response.body, key, remembered(), read_mono());
    if (answer.verdict != succeeded) return tell(answer);
    said_ += (said_.empty() ? "" : "; ") + answer.said;
    if (++looked_at_ == question_.queues.size()) return tell({succeeded, said_});
    ask();
  }

  void tell(const Answer& answer) { std::exchange(answered_, nullptr)(answer); }

  boost::asio::io_context& loop_;
  wire::ProbeQuestion question_;
  Answered answered_;
  HttpServer server_;
  std::size_t looked_at_ = 0;
  std::string said_;
  std::unique_ptr<HttpExchange> exchange_;
  std::optional<Later> later_;
};

/// Those that are there now. The number beside them comes every five seconds: a worker that was just
/// restarted has the consumers of the one before.
std::optional<std::uint64_t> consumers_of(const Json& queue) {
  const Json& there = value_at(queue, "consumer_details");
  return there.is_array() ? there.size() : number_at(queue, "consumers");
}

} // namespace

Answer queue_answer(std::string_view queue, std::string_view text, const std::string& key,
                    QueueProgress& progress, MonoTime now) {
  const auto json = parse_json(text);
  const std::string name = "queue " + excerpt(queue);
  if (!json) return {failed, "what the broker says of " + name + " is no JSON"};
  const auto consumers = consumers_of(*json);
  const auto waiting = number_at(*json, "messages_ready");
  const auto taken = number_at(*json, "messages_unacknowledged");
  // They come every five seconds, and not at once for a queue that is new or whose broker is.
  if (!consumers || !waiting || !taken) return {starting, "the broker has no numbers of " + name + " yet"};
  const std::string wait = std::to_string(*waiting) + " wait";
  if (*consumers == 0) {
    // One that comes again has not been idle meanwhile.
    progress.forget(key);
    return {failed, name + ": no consumer, " + wait};
  }
  const QueueNumbers numbers{
      .waiting = *waiting,
      .unacknowledged = *taken,
      .acknowledged = number_at(value_at(*json, "message_stats"), "ack").value_or(0),
  };
  const Standstill standstill = progress.look(key, numbers, now);
  const std::string consume = counted(*consumers, "consumer");
  if (standstill.idle > longest_standstill)
    return {failed, name + ": " + wait + ", " + consume + " took none for " + format_span(standstill.idle)};
  std::string words = excerpt(queue) + ": " + consume + ", " + wait;
  if (standstill.unacknowledged > longest_standstill)
    words += ", none was acknowledged for " + format_span(standstill.unacknowledged) + ", " +
             std::to_string(*taken) + " are with consumers";
  return {succeeded, words};
}

std::unique_ptr<Probe> begin_celery(boost::asio::io_context& loop, const wire::ProbeQuestion& question,
                                    Answered answered) {
  return std::make_unique<CeleryProbe>(loop, question, std::move(answered));
}

} // namespace holdfast::observer
