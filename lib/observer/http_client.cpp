#include "observer/http_client.h"

#include "base/size.h"
#include "observer/base64.h"
#include "observer/certificate.h"
#include "observer/connect.h"
#include "observer/later.h"
#include "observer/words.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cerrno>
#include <openssl/err.h>
#include <optional>
#include <string_view>

namespace holdfast::observer {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Parser = http::response_parser<http::buffer_body>;
using Socket = Connecting::Socket;
using Tls = asio::ssl::stream<Socket>;
using boost::system::error_code;

/// Answers such as 103 that may come before the one that counts.
constexpr int most_early_answers = 8;

/// Chunks of one byte each need six.
constexpr std::size_t most_bytes_for_a_byte = 8;

bool may_be_sent(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
  });
}

/// A token of RFC 9110.
bool is_header_name(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || (c >= '0' && c <= '9') || others.find(c) != std::string_view::npos;
  });
}

struct CaseInsensitive {
  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
  bool operator()(const std::string& one, const std::string& other) const {
    return std::lexicographical_compare(one.begin(), one.end(), other.begin(), other.end(),
                                        [](char a, char b) { return lower(a) < lower(b); });
  }
};

Result<std::string> head_of(const HttpServer& server, const HttpRequest& request) {
  std::map<std::string, std::string, CaseInsensitive> headers(server.headers.begin(), server.headers.end());
  headers.emplace("Host", server.host);
  headers.emplace("User-Agent", "holdfast-observer/" HOLDFAST_VERSION);
  headers.emplace("Accept", "*/*");
  if (!server.authorization.empty()) headers.emplace("Authorization", server.authorization);
  // These say how we read and what we send: they are no operator's.
  headers["Connection"] = "close";
  headers.erase("Transfer-Encoding");
  headers.erase("Content-Length");
  if (!request.content_type.empty()) headers["Content-Type"] = request.content_type;
  if (request.method != "GET" && request.method != "DELETE")
    headers["Content-Length"] = std::to_string(request.body.size());
  std::string head = request.method + ' ' + request.path + " HTTP/1.1\r\n";
  for (const auto& [name, value] : headers) {
    if (!is_header_name(name) || !may_be_sent(value))
      return Error{"the header \"" + excerpt(name) + "\" has characters that no header may have", EINVAL};
    head += name + ": " + value + "\r\n";
  }
  return head + "\r\n";
}

bool is_end(error_code error) {
  // Many a server ends without the closing words of TLS. Whether an answer is whole its length or its chunks
  // say; one that has neither and was cut off cannot be told from one that ended.
  return error == asio::error::eof || error == asio::ssl::error::stream_truncated;
}

} // namespace

Result<HttpServer> server_of(const wire::ProbeQuestion& question, std::string_view url) {
  auto parsed = url_of(url);
  if (!parsed) return Error{parsed.error().in(excerpt(url)).what, EINVAL};
  HttpServer server;
  server.url = std::move(parsed).value();
  server.host = question.host.empty() ? server.url.authority() : question.host;
  server.headers = question.headers;
  server.tls_name = question.tls_name.empty() ? server.url.host : question.tls_name;
  server.tls_ca = question.tls_ca;
  server.secrets = Secrets(question);
  server.user = question.user;
  if (!question.user.empty()) server.authorization = "Basic " + base64(question.user + ':' + question.secret);
  return server;
}

struct HttpExchange::Work : std::enable_shared_from_this<HttpExchange::Work> {
  Work(asio::io_context& its_loop, HttpServer its_server, HttpRequest its_request, Done its_done)
      : loop(its_loop), server(std::move(its_server)), request(std::move(its_request)),
        done(std::move(its_done)) {
    begin_to_parse();
  }

  void begin() {
    auto head = head_of(server, request);
    if (!head) {
      later.emplace(loop, [self = shared_from_this(), error = head.error()] { self->fail(error); });
      return;
    }
    out = std::move(head).value() + request.body;
    const PeerAddress place{.host = server.url.host, .port = server.url.port, .path = {}};
    connecting.emplace(loop, place, [self = shared_from_this()](Result<Socket> socket) {
      self->connecting.reset();
      if (!socket) return self->fail(socket.error());
      if (self->server.url.is_tls) return self->shake_hands(std::move(socket).value());
      self->plain.emplace(std::move(socket).value());
      self->write();
    });
  }

  void shake_hands(Socket socket) {
    context.emplace(asio::ssl::context::tls_client);
    if (auto status = trust(context->native_handle(), server.tls_ca); !status) return fail(status.error());
    tls.emplace(std::move(socket), *context);
    if (auto status = expect_name(tls->native_handle(), server.tls_name); !status)
      return fail(status.error());
    tls->set_verify_mode(asio::ssl::verify_peer);
    tls->set_verify_callback([this](bool is_good, asio::ssl::verify_context& verification) {
      if (!is_good && refused.empty()) refused = refusal(verification.native_handle(), server.tls_name);
      return is_good;
    });
    is_shaking_hands = true;
    tls->async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](error_code error) {
      if (!self->done) return;
      if (error) return self->fail(self->handshake_error(error));
      self->is_shaking_hands = false;
      self->write();
    });
  }

  [[nodiscard]] Error handshake_error(error_code error) const {
    if (!refused.empty()) return {server.url.authority() + ": " + refused};
    if (is_end(error)) return {server.url.authority() + ": the connection was closed in the TLS handshake"};
    const bool is_no_tls =
        error.category() == asio::error::get_ssl_category() &&
        ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_WRONG_VERSION_NUMBER;
    if (is_no_tls) return {server.url.authority() + ": does not speak TLS"};
    return {server.url.authority() + ": TLS handshake: " + error.message()};
  }

  template <typename Use>
  void with_stream(Use use) {
    if (tls)
      use(*tls);
    else
      use(*plain);
  }

  void write() {
    with_stream([this](auto& stream) {
      asio::async_write(stream, asio::buffer(out), [self = shared_from_this()](error_code, std::size_t) {
        // One that could not be written may be answered all the same, with what is wrong with it.
        if (self->done) self->read();
      });
    });
  }

  void read() {
    with_stream([this](auto& stream) {
      stream.async_read_some(asio::buffer(in),
                             [self = shared_from_this()](error_code error, std::size_t bytes) {
                               if (self->done) self->received(error, bytes);
                             });
    });
  }

  void received(error_code error, std::size_t bytes) {
    total += bytes;
    unread.append(in.data(), bytes);
    parse();
    if (!done) return;
    if (is_end(error)) return end();
    if (error) return fail({server.url.authority() + ": " + error.message()});
    if (total > longest_http_headers + most_bytes_for_a_byte * request.longest_answer)
      return fail({server.url.authority() + ": sends more bytes than its answer has"});
    read();
  }

  void begin_to_parse() {
    parser.emplace();
    parser->header_limit(longest_http_headers);
    parser->body_limit(boost::none);
  }

  /// All that has come; tells when the answer is whole or cannot become one.
  void parse() {
    while (done && !unread.empty()) {
      auto& body = parser->get().body();
      std::array<char, 8192> room{};
      body.data = room.data();
      body.size = room.size();
      body.more = true;
      error_code error;
      const std::size_t used = parser->put(asio::buffer(unread), error);
      const std::size_t got = parser->is_header_done() ? room.size() - body.size : 0;
      body.data = nullptr;
      body.size = 0;
      if (error && error != http::error::need_more && error != http::error::need_buffer)
        return fail({server.url.authority() + ": " + words_of_mistake(error)});
      unread.erase(0, used);
      take({room.data(), got});
      if (response.is_cut || (parser->is_done() && !is_early())) return finish();
      if (used == 0 && got == 0) return;
    }
  }

  void take(std::string_view piece) {
    const std::size_t room = request.longest_answer - response.body.size();
    response.is_cut = piece.size() > room;
    response.body += piece.substr(0, room);
  }

  /// A 103 and the like, behind which the answer that counts is to come.
  bool is_early() {
    const unsigned status = parser->get().result_int();
    if (status / 100 != 1 || status == 101 || ++early_answers > most_early_answers) return false;
    begin_to_parse();
    return true;
  }

  [[nodiscard]] std::string words_of_mistake(error_code error) const {
    if (error == http::error::header_limit)
      return "its headers are longer than " + format_bytes(longest_http_headers);
    if (parser->is_header_done()) return "the body of its answer is no HTTP: " + error.message();
    return "its answer is no HTTP: \"" + server.secrets.excerpt(unread, 40) + '"';
  }

  void end() {
    if (total == 0) return fail({server.url.authority() + ": closed the connection without an answer"});
    error_code error;
    // Where a body has no length, the end of the connection is its end.
    parser->put_eof(error);
    if (error || !parser->is_done())
      return fail({server.url.authority() + ": its answer ended in the middle"});
    finish();
  }

  void finish() {
    response.status = static_cast<int>(parser->get().result_int());
    response.reason = server.secrets.excerpt(parser->get().reason(), 40);
    response.beginning = server.secrets.excerpt(response.body);
    response.secrets = server.secrets;
    tell(std::move(response));
  }

  void fail(Error error) { tell(std::move(error)); }

  void tell(Result<HttpResponse> result) {
    auto told = std::exchange(done, nullptr);
    give_up();
    if (told) told(std::move(result));
  }

  void give_up() {
    done = nullptr;
    later.reset();
    connecting.reset();
    error_code ignored;
    if (plain) plain->close(ignored);
    if (tls) tls->next_layer().close(ignored);
  }

  [[nodiscard]] std::string waits_for() const {
    if (connecting) return connecting->waits_for();
    if (is_shaking_hands) return "the TLS handshake with " + server.url.authority();
    return "the answer to " + request.method + ' ' + excerpt(request.path.substr(0, request.path.find('?')));
  }

  asio::io_context& loop;
  HttpServer server;
  HttpRequest request;
  Done done; ///< none: told already, or nobody waits
  std::optional<Later> later;
  std::optional<Connecting> connecting;
  std::optional<asio::ssl::context> context;
  std::optional<Socket> plain;
  std::optional<Tls> tls;
  bool is_shaking_hands = false;
  std::string refused; ///< why the certificate was
  std::string out;
  std::array<char, 16384> in{};
  std::size_t total = 0; ///< bytes received
  std::string unread;
  std::optional<Parser> parser;
  int early_answers = 0;
  HttpResponse response;
};

HttpExchange::HttpExchange(asio::io_context& loop, HttpServer server, HttpRequest request, Done done)
    : work_(std::make_shared<Work>(loop, std::move(server), std::move(request), std::move(done))) {
  work_->begin();
}

HttpExchange::~HttpExchange() {
  work_->give_up();
}

std::string HttpExchange::waits_for() const {
  return work_->waits_for();
}

std::string status_of(const HttpResponse& response) {
  return std::to_string(response.status) + (response.reason.empty() ? "" : ' ' + response.reason);
}

std::string words_of(const HttpResponse& response) {
  if (response.beginning.empty()) return status_of(response);
  return status_of(response) + "; its body begins with \"" + response.beginning + '"';
}

} // namespace holdfast::observer
