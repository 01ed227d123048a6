#include "observer/amqp.h"

#include "observer/amqp_frames.h"
#include "observer/connect.h"
#include "observer/dialogue.h"
#include "observer/management.h"
#include "observer/secrets.h"

#include <optional>

namespace holdfast::observer {
namespace {

using amqp::Message;
using amqp::Method;
using wire::ProbeVerdict;

constexpr std::size_t most_heard = 64U << 10;
constexpr std::size_t longest_vhost = 255;

Answer failed(std::string said) {
  return {ProbeVerdict::failed, std::move(said)};
}

constexpr std::string_view header_name = amqp::protocol_header.substr(0, 4);

bool is_a_header(std::string_view heard) {
  return header_name.substr(0, heard.size()) == heard.substr(0, header_name.size());
}

/// A broker that does not speak our version says which it speaks, and hangs up.
std::string another_version(std::string_view header) {
  std::string numbers;
  for (const char byte : header.substr(header_name.size()))
    numbers += ' ' + std::to_string(static_cast<unsigned char>(byte));
  return "speaks another version of AMQP:" + numbers;
}

bool offers_plain(std::string_view mechanisms) {
  return (' ' + std::string(mechanisms) + ' ').find(" PLAIN ") != std::string::npos;
}

class Amqp : public Probe, public Dialogue::Listener {
public:
  Amqp(boost::asio::io_context& loop, const wire::ProbeQuestion& question, Answered answered)
      : loop_(loop), question_(question), secrets_(question), answered_(std::move(answered)),
        dialogue_(std::in_place, loop, question.target, most_heard, *this) {}

  [[nodiscard]] std::string waits_for() const override {
    return dialogue_ ? dialogue_->waits_for() : "what the management API says of alarms";
  }

private:
  void connected() override { dialogue_->say(amqp::protocol_header); }

  void hear(std::string& heard) override {
    if (awaited_ == Method::start && is_a_header(heard)) {
      if (heard.size() >= amqp::protocol_header.size())
        tell(failed(another_version(heard.substr(0, amqp::protocol_header.size()))));
      return;
    }
    for (;;) {
      const std::string begins = secrets_.quoted(heard);
      const auto message = amqp::take_message(heard);
      if (!message) return tell(stranger(message.error(), begins));
      if (!message.value()) return;
      if (const auto answer = answer_after(*message.value())) return conclude(*answer);
    }
  }

  [[nodiscard]] Answer stranger(const Error& error, const std::string& begins) const {
    if (awaited_ == Method::start) return failed("is no AMQP broker: it says " + begins);
    return failed("says " + error.what + " instead of " + awaited());
  }

  /// Nothing while there is more to be said.
  std::optional<Answer> answer_after(const Message& message) {
    if (message.method == Method::blocked || message.method == Method::unblocked) return std::nullopt;
    if (message.method == Method::close) return refused(message);
    if (message.method != awaited_)
      return failed("says method " + std::to_string(static_cast<int>(message.method)) + " instead of " +
                    awaited());
    switch (message.method) {
    case Method::start: return started(message);
    case Method::tune: return tuned(message);
    case Method::open_ok: return opened();
    default: return Answer{ProbeVerdict::succeeded, "lets user \"" + question_.user + "\" in"};
    }
  }

  std::optional<Answer> started(const Message& message) {
    const auto start = amqp::read_start(message.arguments);
    if (!start) return failed("says a Connection.Start that is cut short");
    if (start->major != 0 || start->minor != 9)
      return failed("speaks another version of AMQP: " + std::to_string(start->major) + '-' +
                    std::to_string(start->minor));
    if (question_.user.empty()) return Answer{ProbeVerdict::succeeded, "offers a connection"};
    if (question_.vhost.size() > longest_vhost)
      return Answer{ProbeVerdict::unknown, "the name of the virtual host is longer than 255 bytes"};
    if (!offers_plain(start->mechanisms))
      return failed("offers no login with a password (PLAIN), only \"" + start->mechanisms + '"');
    go_on(Method::tune, amqp::start_ok(question_.user, question_.secret));
    return std::nullopt;
  }

  std::optional<Answer> tuned(const Message& message) {
    const auto tune = amqp::read_tune(message.arguments);
    if (!tune) return failed("says a Connection.Tune that is cut short");
    go_on(Method::open_ok, amqp::tune_ok(*tune) + amqp::open(question_.vhost));
    return std::nullopt;
  }

  std::optional<Answer> opened() {
    go_on(Method::close_ok, amqp::close());
    return std::nullopt;
  }

  Answer refused(const Message& message) {
    dialogue_->say(amqp::close_ok());
    const auto close = amqp::read_close(message.arguments);
    if (!close) return failed("closes the connection before " + awaited());
    const std::string who = awaited_ == Method::tune ? "user \"" + question_.user + "\" is not let in: " : "";
    return failed(who + close->words);
  }

  void go_on(Method awaited, const std::string& say) {
    awaited_ = awaited;
    dialogue_->say(say);
  }

  void over(const Answer& answer) override { tell(answer); }

  [[nodiscard]] std::string awaited() const override {
    switch (awaited_) {
    case Method::start: return "Connection.Start";
    case Method::tune: return "the answer to the login of user \"" + question_.user + '"';
    case Method::open_ok: return "the answer to Connection.Open";
    default: return "the answer to Connection.Close";
    }
  }

  void conclude(const Answer& answer) {
    if (answer.verdict != ProbeVerdict::succeeded || question_.management.empty()) return tell(answer);
    dialogue_.reset();
    auto manager = question_;
    if (manager.user.empty()) manager.user = manager.secret = "guest";
    auto server = server_of(manager, question_.management);
    if (!server) return tell(unreachable(server.error()));
    alarms_ = ask_for_alarms(loop_, std::move(server).value(), [this, said = answer.said](Answer alarms) {
      if (alarms.verdict == ProbeVerdict::succeeded) alarms.said = said + ", " + alarms.said;
      tell(std::move(alarms));
    });
  }

  void tell(Answer answer) {
    dialogue_.reset();
    answer.said = secrets_.masked(std::move(answer.said));
    std::exchange(answered_, nullptr)(std::move(answer));
  }

  boost::asio::io_context& loop_;
  wire::ProbeQuestion question_;
  Secrets secrets_;
  Method awaited_ = Method::start;
  Answered answered_;
  std::unique_ptr<HttpExchange> alarms_;
  std::optional<Dialogue> dialogue_; ///< the last member: it calls this
};

} // namespace

std::unique_ptr<Probe> begin_amqp(boost::asio::io_context& loop, const wire::ProbeQuestion& question,
                                  Answered answered) {
  return std::make_unique<Amqp>(loop, question, std::move(answered));
}

} // namespace holdfast::observer
