#include "observer/http_probe.h"
#include "observer/tcp_probe.h"

#include "observer/certificates.h"
#include "observer/http_peer.h"
#include "observer/look.h"
#include "support/catch.h"
#include "support/ports.h"
#include "support/scratch.h"

#include <fstream>

namespace holdfast::observer {
namespace {

using enum wire::ProbeVerdict;
using test::answers_with;
using test::Authority;
using test::http_answer;
using test::look;
using test::Peer;
using test::request_of;
using test::ScriptedServer;
using wire::ProbeQuestion;

ProbeQuestion question_for(const ScriptedServer& server, const std::string& path = "/ping") {
  return {.protocol = wire::ProbeProtocol::http, .target = "http://" + server.target() + path};
}

Answer answer_to(const std::string& bytes) {
  const ScriptedServer server(answers_with(bytes));
  return look(begin_http, question_for(server));
}

/// "127.0.0.1:PORT: " is taken away: the port is another each time.
std::string behind_place(const Answer& answer) {
  const auto end = answer.said.find(": ");
  return answer.said.substr(end + 2);
}

TEST_CASE("a port that accepts is told from one that does not", "[observer]") {
  const ScriptedServer server([](Peer& peer) { peer.wait_for_its_end(); });
  REQUIRE(look(begin_tcp, {.target = server.target()}) == Answer{succeeded, "accepts connections"});
  const std::string nobody = "127.0.0.1:" + std::to_string(test::free_ports(1));
  REQUIRE(look(begin_tcp, {.target = nobody}) == Answer{failed, nobody + ": Connection refused"});
  REQUIRE(look(begin_tcp, {.target = "nonsense"}).verdict == unknown);
}

TEST_CASE("a request has what the site needs to know it by", "[observer]") {
  std::string request;
  const ScriptedServer server([&](Peer& peer) {
    request = request_of(peer);
    peer.send(http_answer("200 OK"));
  });
  ProbeQuestion question = question_for(server, "/ping?deep=1");
  question.host = "repository.example.org";
  question.headers = {{"X-Forwarded-Proto", "https"}, {"accept", "text/html"}, {"connection", "keep-alive"}};
  REQUIRE(look(begin_http, question) == Answer{succeeded, "200 OK"});
  REQUIRE(request.starts_with("GET /ping?deep=1 HTTP/1.1\r\n"));
  REQUIRE(request.find("Host: repository.example.org\r\n") != std::string::npos);
  REQUIRE(request.find("X-Forwarded-Proto: https\r\n") != std::string::npos);
  REQUIRE(request.find("User-Agent: holdfast-observer/") != std::string::npos);
  REQUIRE(request.find("accept: text/html\r\n") != std::string::npos);
  REQUIRE(request.find("*/*") == std::string::npos);
  REQUIRE(request.find("connection: close\r\n") != std::string::npos);
  REQUIRE(request.find("keep-alive") == std::string::npos);
}

TEST_CASE("a header that would become two is not sent", "[observer]") {
  const ScriptedServer server(answers_with(http_answer("200 OK")));
  ProbeQuestion question = question_for(server);
  question.headers = {{"X-Odd", "a\r\nX-Other: b"}};
  REQUIRE(look(begin_http, question) ==
          Answer{unknown, "the header \"X-Odd\" has characters that no header may have"});
  REQUIRE(server.accepted() == 0);
}

TEST_CASE("the status must be the one that is asked for", "[observer]") {
  REQUIRE(answer_to(http_answer("500 Internal Server Error", "<h1>\nOops</h1>")) ==
          Answer{failed, "500 Internal Server Error, not 200; its body begins with \"<h1> Oops</h1>\""});
  const Answer untrusted = answer_to(http_answer("400 BAD REQUEST"));
  REQUIRE(untrusted.verdict == failed);
  REQUIRE(untrusted.said.starts_with("400 BAD REQUEST, not 200 (is the Host \"127.0.0.1:"));
  const ScriptedServer server(
      answers_with(http_answer("301 Moved", "", "Location: http://127.0.0.1:1/\r\n")));
  ProbeQuestion question = question_for(server);
  question.status = 301;
  REQUIRE(look(begin_http, question) == Answer{succeeded, "301 Moved"});
}

TEST_CASE("the body must match, however it comes", "[observer]") {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nrea\r\n2\r\ndy\r\n0\r\n\r\n";
  const std::string to_the_end = "HTTP/1.1 200 OK\r\n\r\nready";
  for (const std::string& bytes : {http_answer("200 OK", "ready"), chunked, to_the_end}) {
    const ScriptedServer at_once(answers_with(bytes));
    const ScriptedServer byte_by_byte([&](Peer& peer) {
      request_of(peer);
      peer.send_byte_by_byte(bytes);
    });
    for (const ScriptedServer* const server : {&at_once, &byte_by_byte}) {
      ProbeQuestion question = question_for(*server);
      question.body = "^re+ad[yi]$";
      REQUIRE(look(begin_http, question) == Answer{succeeded, "200 OK"});
      question.body = "steady";
      REQUIRE(look(begin_http, question) ==
              Answer{failed, "its body does not match \"steady\", it begins with \"ready\""});
    }
  }
}

TEST_CASE("an expression that is none is a reason of ours", "[observer]") {
  const ScriptedServer server(answers_with(http_answer("200 OK")));
  ProbeQuestion question = question_for(server);
  question.body = "(";
  REQUIRE(look(begin_http, question) == Answer{unknown, "body: missing ): ("});
}

TEST_CASE("an expression that others take for ever over is matched in time", "[observer]") {
  const ScriptedServer server(answers_with(http_answer("200 OK", std::string(200000, 'a'))));
  ProbeQuestion question = question_for(server);
  question.body = "^(a+)+$b";
  REQUIRE(look(begin_http, question).verdict == failed);
}

TEST_CASE("answers before the one that counts are passed over, within bounds", "[observer]") {
  const std::string early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  REQUIRE(answer_to(early + early + http_answer("200 OK")) == Answer{succeeded, "200 OK"});
  const ScriptedServer endless([&](Peer& peer) {
    request_of(peer);
    peer.send_endlessly(early);
  });
  REQUIRE(look(begin_http, question_for(endless)) == Answer{failed, "103 Early Hints, not 200"});
}

TEST_CASE("half an answer, none and garbage are told apart", "[observer]") {
  REQUIRE(behind_place(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")) ==
          "its answer ended in the middle");
  REQUIRE(behind_place(answer_to("HTTP/1.1 200 O")) == "its answer ended in the middle");
  REQUIRE(behind_place(answer_to("")) == "closed the connection without an answer");
  REQUIRE(behind_place(answer_to("SSH-2.0-OpenSSH_9.2\r\n")) ==
          "its answer is no HTTP: \"SSH-2.0-OpenSSH_9.2\"");
  REQUIRE(behind_place(answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"))
              .starts_with("the body of its answer is no HTTP: "));
  const std::string nobody = "127.0.0.1:" + std::to_string(test::free_ports(1));
  REQUIRE(look(begin_http, {.target = "http://" + nobody}) ==
          Answer{failed, nobody + ": Connection refused"});
  REQUIRE(look(begin_http, {.target = "nonsense"}) ==
          Answer{unknown, "nonsense: a URL begins with https:// or http://"});
}

TEST_CASE("an endless answer is read as far as it counts and no further", "[observer]") {
  const ScriptedServer body([](Peer& peer) {
    request_of(peer);
    peer.send("HTTP/1.1 200 OK\r\n\r\nready");
    peer.send_endlessly(std::string(65536, 'x'));
  });
  ProbeQuestion question = question_for(body);
  question.body = "^ready";
  REQUIRE(look(begin_http, question) == Answer{succeeded, "200 OK"});
  const ScriptedServer headers([](Peer& peer) {
    request_of(peer);
    peer.send("HTTP/1.1 200 OK\r\n");
    peer.send_endlessly("X-More: x\r\n");
  });
  REQUIRE(behind_place(look(begin_http, question_for(headers))) == "its headers are longer than 16 KiB");
  const ScriptedServer extensions([](Peer& peer) {
    request_of(peer);
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    peer.send_endlessly("1;x\r\ny\r\n");
  });
  REQUIRE(look(begin_http, question_for(extensions)).verdict == succeeded);
  const ScriptedServer one_line([](Peer& peer) {
    request_of(peer);
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;");
    peer.send_endlessly(std::string(65536, 'x'));
  });
  REQUIRE(look(begin_http, question_for(one_line)).verdict == failed);
}

TEST_CASE("who says nothing is waited for, and what for is known", "[observer]") {
  const ScriptedServer server([](Peer& peer) { peer.wait_for_its_end(); });
  test::look_until_it_waits_for(begin_http, question_for(server), "the answer to GET /ping");
  ProbeQuestion question = question_for(server);
  question.target = "https://" + server.target();
  test::look_until_it_waits_for(begin_http, question, "the TLS handshake with " + server.target());
}

TEST_CASE("a secret is not in the words, though the peer echo it", "[observer]") {
  const ScriptedServer server([](Peer& peer) { peer.send(http_answer("500 pass-word", request_of(peer))); });
  ProbeQuestion question = question_for(server, "/");
  question.headers = {{"A", "pass-word"}};
  question.secret = "pass-word";
  const Answer answer = look(begin_http, question);
  REQUIRE(answer.said.find("pass-word") == std::string::npos);
  REQUIRE(answer.said.find("A: ***") != std::string::npos);
}

TEST_CASE("basic authentication is not in the words, though it stands there by itself", "[observer]") {
  const ScriptedServer server([](Peer& peer) {
    request_of(peer);
    peer.send(http_answer("500 Oops", "[YWRhOnBhc3Mtd29yZA==] [pass-word] " + std::string(5000, ' ')));
  });
  ProbeQuestion question = question_for(server, "/");
  question.user = "ada";
  question.secret = "pass-word";
  REQUIRE(look(begin_http, question).said.ends_with("its body begins with \"[***] [***]\""));
}

TEST_CASE("a password that is the user's name leaves that name in the words", "[observer]") {
  const ScriptedServer server(answers_with(http_answer("500 Oops", "guest may not")));
  ProbeQuestion question = question_for(server, "/");
  question.user = question.secret = "guest";
  REQUIRE(look(begin_http, question).said.ends_with("its body begins with \"guest may not\""));
}

class TlsSite {
public:
  explicit TlsSite(const test::Identity& identity, const std::string& ca)
      : server_(answers_with(http_answer("200 OK")), identity) {
    std::ofstream(ca_file()) << ca;
  }

  [[nodiscard]] ProbeQuestion question(const std::string& host = "127.0.0.1") const {
    return {.protocol = wire::ProbeProtocol::http,
            .target = "https://" + host + ':' + std::to_string(server_.port()) + "/",
            .tls_ca = ca_file()};
  }
  [[nodiscard]] std::string ca_file() const { return scratch_ / "ca.pem"; }

private:
  test::Scratch scratch_;
  ScriptedServer server_;
};

TEST_CASE("a certificate of a trusted authority with the right name is good", "[observer]") {
  const Authority authority("the site's authority");
  const TlsSite site(authority.issue({.names = {"DNS:localhost", "DNS:site.example.org", "IP:127.0.0.1"}}),
                     authority.certificate());
  REQUIRE(look(begin_http, site.question()) == Answer{succeeded, "200 OK"});
  REQUIRE(look(begin_http, site.question("localhost")) == Answer{succeeded, "200 OK"});
  ProbeQuestion named = site.question();
  named.tls_name = "site.example.org";
  REQUIRE(look(begin_http, named) == Answer{succeeded, "200 OK"});
  named.tls_name = "other.example.org";
  REQUIRE(behind_place(look(begin_http, named)) ==
          "certificate is of localhost, site.example.org, 127.0.0.1, not other.example.org");
}

TEST_CASE("a certificate that is not the site's is refused in words", "[observer]") {
  const Authority authority("the site's authority");
  const Authority stranger("a stranger");
  const TlsSite other(authority.issue({.names = {"DNS:other.example.org"}}), authority.certificate());
  REQUIRE(look(begin_http, other.question("localhost")).verdict == failed);
  REQUIRE(behind_place(look(begin_http, other.question("localhost"))) ==
          "certificate is of other.example.org, not localhost");
  // The common name proves nothing, whatever it says.
  const TlsSite common(authority.issue({.subject = "localhost"}), authority.certificate());
  REQUIRE(behind_place(look(begin_http, common.question("localhost"))) ==
          "certificate is of no host, not localhost");
  const TlsSite expired(authority.issue({.names = {"DNS:localhost"}, .valid_to = -60}),
                        authority.certificate());
  const std::string said = behind_place(look(begin_http, expired.question("localhost")));
  REQUIRE(said.starts_with("certificate expired on 2"));
  REQUIRE(said.ends_with(" UTC"));
  const TlsSite early(authority.issue({.names = {"DNS:localhost"}, .valid_from = 60}),
                      authority.certificate());
  REQUIRE(behind_place(look(begin_http, early.question("localhost")))
              .starts_with("certificate is not valid before 2"));
  const TlsSite unknown_one(stranger.issue({.names = {"DNS:localhost"}}), authority.certificate());
  REQUIRE(behind_place(look(begin_http, unknown_one.question("localhost"))) ==
          "certificate is signed by \"a stranger\", which is not among the authorities that are trusted");
  const TlsSite own(Authority::self_signed({.names = {"DNS:localhost"}}), authority.certificate());
  REQUIRE(behind_place(look(begin_http, own.question("localhost"))) ==
          "certificate is self-signed, and not among those that are trusted");
}

TEST_CASE("a certificate may be trusted by itself", "[observer]") {
  const Authority authority("the site's authority");
  const auto identity = authority.issue({.names = {"DNS:localhost"}});
  const TlsSite site(identity, identity.certificate);
  REQUIRE(look(begin_http, site.question("localhost")) == Answer{succeeded, "200 OK"});
}

TEST_CASE("authorities that cannot be read are a reason of ours", "[observer]") {
  const Authority authority("the site's authority");
  const TlsSite site(authority.issue({.names = {"DNS:localhost"}}), "no certificate");
  REQUIRE(look(begin_http, site.question("localhost")) ==
          Answer{unknown, site.ca_file() + ": no certificate in PEM form in it"});
  ProbeQuestion absent = site.question("localhost");
  absent.tls_ca = "/nowhere/ca.pem";
  REQUIRE(look(begin_http, absent).verdict == unknown);
  absent.tls_ca = "/dev/zero";
  REQUIRE(look(begin_http, absent).verdict == unknown);
}

TEST_CASE("who speaks no TLS, or nothing else, is told as that", "[observer]") {
  const ScriptedServer plain([](Peer& peer) {
    peer.receive(1);
    peer.send(http_answer("400 Bad Request"));
    peer.wait_for_its_end();
  });
  ProbeQuestion question = question_for(plain);
  question.target = "https://" + plain.target();
  REQUIRE(look(begin_http, question) == Answer{failed, plain.target() + ": does not speak TLS"});
  const ScriptedServer closes([](Peer& peer) { peer.receive(1); });
  question.target = "https://" + closes.target();
  REQUIRE(look(begin_http, question).verdict == failed);
}

} // namespace
} // namespace holdfast::observer
