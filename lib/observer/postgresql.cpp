#include "observer/postgresql.h"

#include "base/fd.h"
#include "observer/bytes_received.h"
#include "observer/connect.h"
#include "observer/later.h"
#include "observer/libpq_settings.h"
#include "observer/libpq_words.h"
#include "observer/resolve.h"
#include "observer/secrets.h"

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <fcntl.h>
#include <libpq-fe.h>
#include <optional>
#include <string_view>
#include <sys/ioctl.h>
#include <vector>

namespace holdfast::observer {
namespace {

using boost::asio::posix::stream_descriptor;
using wire::ProbeQuestion;
using wire::ProbeVerdict;

/// Of a session in all. libpq itself takes whatever comes into memory.
constexpr std::size_t most_heard = 256U << 10;

namespace sqlstate {
constexpr std::string_view cannot_connect_now = "57P03";
constexpr std::string_view too_many_connections = "53300";
constexpr std::string_view query_canceled = "57014";
constexpr std::string_view invalid_authorization = "28000";
constexpr std::string_view class_authorization = "28";
constexpr std::string_view no_such_database = "3D000";
constexpr std::string_view no_privilege = "42501";
constexpr std::string_view database_takes_none = "55000";
} // namespace sqlstate

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using QueryResult = std::unique_ptr<PGresult, Clear>;

/// In a transaction that can only read; what was set in it ends with it, also behind a pooler.
std::vector<std::string> statements_of(const ProbeQuestion& question) {
  if (question.user.empty() || question.query.empty()) return {};
  const auto longest = std::max<std::chrono::milliseconds::rep>(question.timeout.count(), 1); // 0: for ever
  return {"begin read only; set local statement_timeout = " + std::to_string(longest), question.query,
          "rollback"};
}

/// Who is refused so was talked to by a server that takes connections.
bool takes_connections(std::string_view state) {
  return state.starts_with(sqlstate::class_authorization) || state == sqlstate::no_such_database ||
         state == sqlstate::no_privilege || state == sqlstate::database_takes_none;
}

/// Other ways to log in than with a password. libpq says of them in words only that it cannot; of Kerberos,
/// that it was told addresses and no name.
bool was_asked_for_more(const Refusal& refusal) {
  return refusal.sqlstate.empty() && (refusal.words.find("authentication method") != std::string::npos ||
                                      refusal.words == "host name must be specified");
}

class Postgresql : public Probe {
public:
  Postgresql(boost::asio::io_context& loop, const ProbeQuestion& question, Answered answered)
      : loop_(loop), question_(question), statements_(statements_of(question)),
        answered_(std::move(answered)) {
    const auto place = peer_address_of(question.target);
    if (!place)
      later_.emplace(loop, [this, error = place.error()] { tell(unreachable(error.in(question_.target))); });
    else if (place.value().path.empty())
      resolve(place.value());
    else
      later_.emplace(loop, [this, path = place.value().path] { start_at_path(path); });
  }

  [[nodiscard]] std::string waits_for() const override {
    if (has_session_) return "the answer to the query";
    if (resolving_) return "the address of " + question_.target;
    if (!connection_ || PQstatus(connection_.get()) == CONNECTION_STARTED)
      return "a connection to " + question_.target;
    return question_.user.empty() ? "the answer to the start of a session"
                                  : "the answer to the login of user \"" + question_.user + '"';
  }

private:
  void resolve(const PeerAddress& place) {
    resolving_.emplace(loop_, place.host, place.port, [this](auto found) {
      resolving_.reset();
      if (!found) return tell(unreachable(found.error()));
      start(libpq_settings_for(question_, found.value()));
    });
  }

  void start_at_path(const std::string& path) {
    const auto settings = libpq_settings_for(question_, path);
    if (!settings) return tell(unreachable(settings.error()));
    start(settings.value());
  }

  void start(const LibpqSettings& settings) {
    connection_ = begin_connection(settings);
    if (!connection_) return tell({ProbeVerdict::unknown, "libpq has no memory"});
    if (PQstatus(connection_.get()) == CONNECTION_BAD) return refused();
    PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
    PQsetNoticeReceiver(
        connection_.get(), [](void*, const PGresult*) {}, nullptr);
    watch(stream_descriptor::wait_write, &Postgresql::go_on_connecting);
  }

  using Step = void (Postgresql::*)();

  /// libpq closes its sockets and opens others as it likes, so what is waited on is a copy.
  void watch(stream_descriptor::wait_type what, Step next) {
    Fd copy(::fcntl(PQsocket(connection_.get()), F_DUPFD_CLOEXEC, 0));
    if (!copy.valid()) return tell(unreachable(system_error("no descriptor", errno)));
    boost::system::error_code error;
    descriptor_.emplace(loop_).assign(copy.get(), error);
    if (error) return tell(unreachable(system_error("no descriptor", error.value())));
    (void)copy.release();
    descriptor_->async_wait(what,
                            [this, next, alive = std::weak_ptr(alive_)](boost::system::error_code stopped) {
                              if (!alive.expired() && !stopped) (this->*next)();
                            });
  }

  /// To be asked before libpq reads, which may take as much again as it has.
  bool hears_too_much() {
    const int socket = PQsocket(connection_.get());
    if (const auto received = bytes_received(socket)) return *received > most_heard;
    // A unix socket counts nothing; of what lies ready libpq takes at least so much at a time.
    constexpr int least_read = 8192;
    int ready = 0;
    if (::ioctl(socket, FIONREAD, &ready) == 0)
      heard_at_path_ += static_cast<std::size_t>(std::min(ready, least_read));
    return heard_at_path_ > most_heard;
  }

  void tell_too_much() { tell({ProbeVerdict::failed, "said too much before " + waits_for()}); }

  void go_on_connecting() {
    if (hears_too_much()) return tell_too_much();
    const auto status = PQconnectPoll(connection_.get());
    if (status == PGRES_POLLING_OK) return accepted();
    if (status == PGRES_POLLING_FAILED || is_refused_for_good()) return refused();
    watch(status == PGRES_POLLING_READING ? stream_descriptor::wait_read : stream_descriptor::wait_write,
          &Postgresql::go_on_connecting);
  }

  [[nodiscard]] Refusal refusal() const {
    Refusal found = refusal_in(PQerrorMessage(connection_.get()));
    if (found.words.empty()) found.words = "refuses without a word";
    return found;
  }

  /// libpq would go on without TLS, or to the next address, for a second line at FATAL in the server's log.
  /// It may change something only where pg_hba.conf knows nobody who comes with TLS.
  [[nodiscard]] bool is_refused_for_good() const {
    const std::string state = refusal().sqlstate;
    return !state.empty() && state != sqlstate::invalid_authorization;
  }

  void refused() {
    const Refusal why = refusal();
    const bool must_log_in = !question_.user.empty();
    const bool is_asked = PQconnectionNeedsPassword(connection_.get()) != 0;
    const bool is_asked_for_more = was_asked_for_more(why);
    if ((is_asked || is_asked_for_more) && !must_log_in)
      return tell({ProbeVerdict::succeeded, "accepts connections"});
    const std::string user = "user \"" + question_.user + '"';
    if (is_asked)
      return tell({ProbeVerdict::failed, "asks for the password of " + user + ", and none is given"});
    if (is_asked_for_more)
      return tell({ProbeVerdict::failed, "asks for another proof of " + user + " than a password"});
    if (why.sqlstate.empty()) return tell(without_server(why, question_.target));
    tell(refused_by_server(why));
  }

  [[nodiscard]] Answer refused_by_server(const Refusal& why) const {
    if (why.sqlstate == sqlstate::cannot_connect_now) return {ProbeVerdict::starting, why.words};
    if (why.sqlstate == sqlstate::too_many_connections) return {ProbeVerdict::succeeded, why.words};
    if (question_.user.empty() && takes_connections(why.sqlstate))
      return {ProbeVerdict::succeeded, "accepts connections, and logs at each look: " + why.words};
    return {ProbeVerdict::failed, why.words};
  }

  void accepted() {
    has_session_ = true;
    PQsetnonblocking(connection_.get(), 1);
    if (!statements_.empty()) return send_next();
    tell({ProbeVerdict::succeeded,
          question_.user.empty() ? "accepts connections" : "lets user \"" + question_.user + "\" in"});
  }

  void send_next() {
    if (PQsendQuery(connection_.get(), statements_[sent_].c_str()) == 0) return broken();
    go_on_with_query();
  }

  void go_on_with_query() {
    const int unsent = PQflush(connection_.get());
    if (unsent < 0) return broken();
    if (unsent > 0) return watch(stream_descriptor::wait_write, &Postgresql::go_on_with_query);
    if (hears_too_much()) return tell_too_much();
    if (PQconsumeInput(connection_.get()) == 0) return broken();
    while (PQisBusy(connection_.get()) == 0) {
      const QueryResult result(PQgetResult(connection_.get()));
      if (!result) return query_done();
      if (const auto answer = failure_in(*result)) return tell(*answer);
    }
    watch(stream_descriptor::wait_read, &Postgresql::go_on_with_query);
  }

  [[nodiscard]] std::optional<Answer> failure_in(const PGresult& result) const {
    switch (PQresultStatus(&result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK: return std::nullopt;
    case PGRES_EMPTY_QUERY: return Answer{ProbeVerdict::failed, "the query is empty"};
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH: return Answer{ProbeVerdict::failed, "the query is a COPY, which is not looked at"};
    default: return Answer{ProbeVerdict::failed, words_of(result)};
    }
  }

  [[nodiscard]] std::string words_of(const PGresult& result) const {
    const auto field = [&result](int code) -> std::string {
      const char* const text = PQresultErrorField(&result, code);
      return text != nullptr ? text : "";
    };
    if (field(PG_DIAG_SQLSTATE) == sqlstate::query_canceled)
      return "the query was not answered within " + std::to_string(question_.timeout.count()) + " ms";
    const std::string primary = field(PG_DIAG_MESSAGE_PRIMARY);
    return "the query failed: " +
           (primary.empty() ? refusal_in(PQresultErrorMessage(&result)).words : primary);
  }

  void query_done() {
    if (++sent_ < statements_.size()) return send_next();
    tell({ProbeVerdict::succeeded, "answers the query"});
  }

  void broken() { tell({ProbeVerdict::failed, refusal().words + " before " + waits_for()}); }

  void tell(Answer answer) {
    descriptor_.reset();
    connection_.reset();
    answer.said = Secrets(question_).masked(std::move(answer.said));
    std::exchange(answered_, nullptr)(std::move(answer));
  }

  boost::asio::io_context& loop_;
  ProbeQuestion question_;
  std::vector<std::string> statements_;
  std::size_t sent_ = 0;
  bool has_session_ = false;
  std::size_t heard_at_path_ = 0;
  Answered answered_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  std::optional<Later> later_;
  std::optional<Resolving> resolving_;
  LibpqConnection connection_;
  std::optional<stream_descriptor> descriptor_; ///< goes before the connection, which it would keep open
};

} // namespace

std::unique_ptr<Probe> begin_postgresql(boost::asio::io_context& loop, const ProbeQuestion& question,
                                        Answered answered) {
  return std::make_unique<Postgresql>(loop, question, std::move(answered));
}

} // namespace holdfast::observer
