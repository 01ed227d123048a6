#include "observer/canary_probe.h"

#include "base/clock.h"
#include "observer/canary_site.h"
#include "observer/connect.h"
#include "observer/later.h"
#include "observer/words.h"

#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <openssl/rand.h>
#include <optional>

namespace holdfast::observer {
namespace {

using enum wire::ProbeVerdict;
using std::chrono::milliseconds;

constexpr milliseconds between_looks{250};
constexpr milliseconds longest_tidying{5000};

/// A title that no other canary has.
std::string new_title() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<unsigned char, 8> bytes{};
  static_cast<void>(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())));
  std::string title = std::string(canary_title) + ' ';
  for (const unsigned char byte : bytes) {
    title += digits[byte >> 4U];
    title += digits[byte & 0xfU];
  }
  return title;
}

bool is_gone(int status) {
  return status == 404 || status == 410;
}

bool is_deleted(int status) {
  return status == 204 || is_gone(status);
}

Result<HttpServer> site_of(const wire::ProbeQuestion& question) {
  auto server = server_of(question, question.target);
  if (!server) return server;
  if (question.secret.empty()) return Error{"the canary has no token", EINVAL};
  server.value().authorization = "Bearer " + question.secret;
  return server;
}

class Canary : public Probe {
public:
  Canary(boost::asio::io_context& loop, const wire::ProbeQuestion& question, Answered answered)
      : loop_(loop), answered_(std::move(answered)), title_(new_title()), began_(read_mono()),
        timeout_(question.timeout), out_of_time_(loop), pause_(loop) {
    auto site = site_of(question);
    if (!site) {
      later_.emplace(loop, [this, error = site.error()] { tell(unreachable(error)); });
      return;
    }
    site_ = std::move(site).value();
    tidying_ = std::min(timeout_ / 5, longest_tidying);
    at(timeout_ - tidying_, &Canary::ran_out_of_time);
    look_for_remains();
  }

  [[nodiscard]] std::string waits_for() const override {
    return exchange_ ? exchange_->waits_for() : "its turn";
  }

private:
  using Step = void (Canary::*)();
  using Came = void (Canary::*)(const HttpResponse&);

  // The way of a canary, step by step.

  void look_for_remains() {
    enter("remains of earlier canaries");
    ask(find_own(site_.url, canary_title), &Canary::remains_came);
  }
  void remains_came(const HttpResponse& response) {
    const auto found = response.status == 200 ? canaries_in(response) : std::nullopt;
    if (!found) return refused(response);
    remains_ = *found;
    remove_remains();
  }
  void remove_remains() {
    if (remains_.empty()) return begin_draft();
    const std::string id = remains_.back();
    remains_.pop_back();
    ask(delete_draft(site_.url, id), &Canary::remain_removed);
  }
  void remain_removed(const HttpResponse& response) {
    if (!is_deleted(response.status)) return refused(response);
    remove_remains();
  }

  void begin_draft() {
    enter("draft");
    ask(make_draft(site_.url, title_), &Canary::draft_came);
  }
  void draft_came(const HttpResponse& response) {
    const auto id = response.status == 201 ? id_in(response) : std::nullopt;
    if (!id) return refused(response);
    id_ = *id;
    enter("image");
    ask(register_image(site_.url, id_), &Canary::image_registered);
  }
  void image_registered(const HttpResponse& response) {
    if (response.status != 201) return refused(response);
    ask(upload_image(site_.url, id_), &Canary::image_uploaded);
  }
  void image_uploaded(const HttpResponse& response) {
    if (response.status != 200) return refused(response);
    ask(commit_image(site_.url, id_), &Canary::image_committed);
  }
  void image_committed(const HttpResponse& response) {
    if (response.status != 200) return refused(response);
    enter("worker", "the worker did not mark the image");
    look_for_mark();
  }

  void look_for_mark() { ask(look_at_image(site_.url, id_), &Canary::mark_came); }
  void mark_came(const HttpResponse& response) {
    if (response.status != 200) return refused(response);
    if (!has_mark(response)) return again(&Canary::look_for_mark);
    enter("search", "search does not find the draft");
    search();
  }

  void search() { ask(find_own(site_.url, title_), &Canary::search_came); }
  void search_came(const HttpResponse& response) {
    const auto found = response.status == 200 ? canaries_in(response) : std::nullopt;
    if (!found) return refused(response);
    if (std::find(found->begin(), found->end(), id_) == found->end()) return again(&Canary::search);
    enter("deletion");
    ask(delete_draft(site_.url, id_), &Canary::deleted);
  }

  void deleted(const HttpResponse& response) {
    if (!is_deleted(response.status)) return refused(response);
    ask(look_at_draft(site_.url, id_), &Canary::looked_after_deletion);
  }
  void looked_after_deletion(const HttpResponse& response) {
    if (!is_gone(response.status)) return refused(response);
    tell({succeeded, "draft, image, worker, search, deleted in " + format_span(read_mono() - began_)});
  }

  // What goes wrong, and what is done about what is left.

  void refused(const HttpResponse& response) {
    if (response.status == 401) return fail({failed, "the token is not accepted (401)"});
    // The site limits how much one user may ask: that says nothing of its health.
    const auto verdict = response.status == 429 ? unknown : failed;
    fail({verdict, step_ + ": " + words_of(response)});
  }
  void ran_out_of_time() {
    if (is_tidying_) return;
    const std::string within = " within " + format_span(read_mono() - step_began_);
    if (!patience_.empty()) return fail({failed, patience_ + within});
    fail({failed, step_ + ": no answer" + within + ", waits for " + waits_for()});
  }

  void fail(Answer answer) {
    pause_.cancel();
    if (id_.empty()) return tell(answer);
    is_tidying_ = true;
    answer_ = std::move(answer);
    const auto spent = std::chrono::duration_cast<milliseconds>(read_mono() - began_);
    const auto left = std::min(timeout_ - tidying_ / 5 - spent, longest_tidying);
    at(std::max(left, milliseconds(0)), &Canary::tell_failure);
    exchange_ = std::make_unique<HttpExchange>(loop_, site_, delete_draft(site_.url, id_),
                                               [this](const auto&) { tell_failure(); });
  }
  void tell_failure() { tell(answer_); }

  // How it asks and waits.

  /// `patience`: what is said when its time is over, where it is the site that takes it.
  void enter(std::string step, std::string patience = "") {
    step_ = std::move(step);
    patience_ = std::move(patience);
    step_began_ = read_mono();
  }

  void ask(HttpRequest request, Came next) {
    exchange_ = std::make_unique<HttpExchange>(loop_, site_, std::move(request),
                                               [this, next](const Result<HttpResponse>& response) {
                                                 if (response) return (this->*next)(response.value());
                                                 Answer answer = unreachable(response.error());
                                                 answer.said = step_ + ": " + answer.said;
                                                 fail(std::move(answer));
                                               });
  }

  void again(Step step) {
    again_ = step;
    pause_.expires_after(between_looks);
    wait(pause_, &Canary::after_pause);
  }
  void after_pause() {
    if (!is_tidying_) (this->*again_)();
  }
  void at(milliseconds from_now, Step step) {
    out_of_time_.expires_after(from_now);
    wait(out_of_time_, step);
  }
  void wait(boost::asio::steady_timer& timer, Step step) {
    timer.async_wait([this, step, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
      if (!error && !alive.expired() && answered_) (this->*step)();
    });
  }

  void tell(const Answer& answer) {
    const Answer told = answer;
    if (auto tell_now = std::exchange(answered_, nullptr)) tell_now(told);
  }

  boost::asio::io_context& loop_;
  Answered answered_; ///< none: told
  std::string title_;
  MonoTime began_;
  milliseconds timeout_;
  milliseconds tidying_{}; ///< kept for the deletion of the draft
  HttpServer site_;
  std::string step_;
  std::string patience_;
  MonoTime step_began_{};
  std::vector<std::string> remains_;
  std::string id_; ///< of the draft; empty: not made yet
  bool is_tidying_ = false;
  Answer answer_; ///< that of a failure, while the draft is deleted
  Step again_ = nullptr;
  std::unique_ptr<HttpExchange> exchange_;
  boost::asio::steady_timer out_of_time_;
  boost::asio::steady_timer pause_;
  std::optional<Later> later_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace

std::unique_ptr<Probe> begin_canary(boost::asio::io_context& loop, const wire::ProbeQuestion& question,
                                    Answered answered) {
  return std::make_unique<Canary>(loop, question, std::move(answered));
}

} // namespace holdfast::observer
