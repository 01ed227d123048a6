#pragma once
// Requests over HTTP/1.1 with and without TLS, one a connection. The only file that speaks either; the parser
// is Boost.Beast's.

#include "base/result.h"
#include "base/url.h"
#include "observer/secrets.h"
#include "wire/observer.h"

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace holdfast::observer {

/// Where requests go, and what each of them carries.
struct HttpServer {
  Url url{};
  std::string host{};                           ///< the Host header
  std::map<std::string, std::string> headers{}; ///< beside those of every request; wins over them
  std::string tls_name{};                       ///< that the certificate must carry
  std::string tls_ca{};                         ///< empty: the system's
  std::string authorization{};                  ///< of that header; empty: none
  std::string user{};                           ///< whose it is, for words
  Secrets secrets{};                            ///< of the question
};

/// The server of a question, at `url`: with its host, its headers, what its certificate must be, and its user
/// and secret as basic authentication where there is a user.
[[nodiscard]] Result<HttpServer> server_of(const wire::ProbeQuestion& question, std::string_view url);

struct HttpRequest {
  std::string method = "GET";
  std::string path = "/"; ///< with the query, encoded
  std::string content_type{};
  std::string body{};
  std::size_t longest_answer = 256U << 10; ///< bytes of the body; what is behind them is not read
};

struct HttpResponse {
  int status = 0;
  std::string reason{};
  std::string body{};
  std::string beginning{}; ///< of the body, in one line that may be shown
  bool is_cut = false;     ///< the body went on
  Secrets secrets{};       ///< by which more of the body becomes words
};

constexpr std::size_t longest_http_headers = 16U << 10;

/// One request and its answer. Redirects are not followed. Bounded in bytes; in time by whoever holds it.
/// Destroyed, it is over: its connection is closed and nobody is told any more.
class HttpExchange {
public:
  /// Called once, from the loop and never from the constructor; it may destroy this. An error is in words for
  /// an operator and goes into `unreachable` (observer/connect.h).
  using Done = std::function<void(Result<HttpResponse>)>;
  HttpExchange(boost::asio::io_context& loop, HttpServer server, HttpRequest request, Done done);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  /// "the answer to GET /ping", without the query, for Probe::waits_for.
  [[nodiscard]] std::string waits_for() const;

private:
  struct Work;
  std::shared_ptr<Work> work_;
};

/// "500 Internal Server Error".
[[nodiscard]] std::string status_of(const HttpResponse& response);

/// The status; its body begins with "…", where there is one.
[[nodiscard]] std::string words_of(const HttpResponse& response);

} // namespace holdfast::observer
