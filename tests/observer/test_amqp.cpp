#include "observer/amqp.h"

#include "observer/amqp_frames.h"
#include "observer/look.h"
#include "observer/scripted_server.h"
#include "support/catch.h"
#include "support/ports.h"

#include <cstdint>
#include <vector>

namespace holdfast::test {
namespace {

using observer::Answer;
using observer::begin_amqp;
using wire::ProbeQuestion;
using wire::ProbeVerdict;
namespace amqp = observer::amqp;

std::string number(std::uint32_t value, unsigned bytes) {
  std::string all;
  for (unsigned left = bytes; left > 0; --left)
    all += static_cast<char>(value >> (left - 1) * 8U & 0xffU);
  return all;
}

std::string short_text(const std::string& text) {
  return number(static_cast<std::uint32_t>(text.size()), 1) + text;
}
std::string long_text(const std::string& text) {
  return number(static_cast<std::uint32_t>(text.size()), 4) + text;
}

std::string frame(unsigned kind, unsigned channel, const std::string& payload, char end = '\xCE') {
  return number(kind, 1) + number(channel, 2) + long_text(payload) + end;
}

/// A method of class "connection".
std::string method(unsigned id, const std::string& arguments = "") {
  return frame(1, 0, number(10, 2) + number(id, 2) + arguments);
}

std::string start(const std::string& mechanisms = "AMQPLAIN PLAIN",
                  const std::string& version = {"\0\x9", 2}) {
  return method(10, version + long_text(short_text("product") + 'S' + long_text("RabbitMQ")) +
                        long_text(mechanisms) + long_text("en_US"));
}
std::string tune() {
  return method(30, number(2047, 2) + number(131072, 4) + number(60, 2));
}
std::string open_ok() {
  return method(41, short_text(""));
}
std::string close_ok() {
  return method(51);
}
std::string close(unsigned code, const std::string& words) {
  return method(50, number(code, 2) + short_text(words) + number(0, 4));
}
std::string heartbeat() {
  return frame(8, 0, "");
}

std::string receive_frame(Peer& peer) {
  const std::string head = peer.receive(7);
  std::uint32_t size = 0;
  for (const char byte : head.substr(head.size() < 7 ? head.size() : 3))
    size = size << 8U | static_cast<std::uint8_t>(byte);
  return head + peer.receive(size + 1);
}

ProbeQuestion as_rdm() {
  ProbeQuestion question;
  question.user = "rdm";
  question.secret = "s3cret";
  question.vhost = "invenio";
  return question;
}

Answer look_at(const ScriptedServer::Script& script, ProbeQuestion question = {}) {
  const ScriptedServer server(script);
  question.target = server.target();
  return look(begin_amqp, question);
}

/// What comes of what the broker says to the header.
Answer after(const std::string& answer, const ProbeQuestion& question = {}) {
  return look_at(
      [answer](Peer& peer) {
        peer.receive(amqp::protocol_header.size());
        peer.send(answer);
        peer.wait_for_its_end();
      },
      question);
}

/// What comes of what the broker says to the login.
Answer after_login(const std::string& answer) {
  return look_at(
      [answer](Peer& peer) {
        peer.receive(amqp::protocol_header.size());
        peer.send(start());
        receive_frame(peer);
        peer.send(answer);
        peer.wait_for_its_end();
      },
      as_rdm());
}

} // namespace

TEST_CASE("amqp: a broker that offers a connection is there", "[amqp]") {
  CHECK(after(start()) == Answer{ProbeVerdict::succeeded, "offers a connection"});
  CHECK(after(heartbeat() + start("EXTERNAL")) == Answer{ProbeVerdict::succeeded, "offers a connection"});
}

TEST_CASE("amqp: it logs in, opens the virtual host and closes again", "[amqp]") {
  std::string header;
  std::vector<std::string> frames;
  const Answer answer = look_at(
      [&](Peer& peer) {
        header = peer.receive(8);
        peer.send(start());
        frames.push_back(receive_frame(peer));
        peer.send(tune());
        frames.push_back(receive_frame(peer));
        frames.push_back(receive_frame(peer));
        peer.send(open_ok() + method(60, short_text("low on memory")) + heartbeat());
        frames.push_back(receive_frame(peer));
        peer.send(close_ok());
        peer.wait_for_its_end();
      },
      as_rdm());
  CHECK(answer == Answer{ProbeVerdict::succeeded, "lets user \"rdm\" in"});
  CHECK(header == std::string("AMQP\0\0\x9\x1", 8));
  REQUIRE(frames.size() == 4);
  const std::string login("\0rdm\0s3cret", 11);
  CHECK(frames[0].find(short_text("PLAIN") + long_text(login) + short_text("en_US")) != std::string::npos);
  CHECK(frames[0].find(short_text("authentication_failure_close") + "t\x1") != std::string::npos);
  CHECK(frames[1] == method(31, number(2047, 2) + number(131072, 4) + number(0, 2)));
  CHECK(frames[2] == method(40, short_text("invenio") + short_text("") + number(0, 1)));
  CHECK(frames[3] == method(50, number(200, 2) + short_text("looked") + number(0, 4)));
}

TEST_CASE("amqp: a refusal is told in the broker's words", "[amqp]") {
  CHECK(after_login(close(403, "ACCESS_REFUSED - Login was refused")) ==
        Answer{ProbeVerdict::failed, "user \"rdm\" is not let in: ACCESS_REFUSED - Login was refused"});
  CHECK(after_login(close(403, "no s3cret here")).said == "user \"rdm\" is not let in: no *** here");
  CHECK(after(close(320, "CONNECTION_FORCED - shutdown")) ==
        Answer{ProbeVerdict::failed, "CONNECTION_FORCED - shutdown"});
  CHECK(look_at(
            [](Peer& peer) {
              peer.receive(8);
              peer.send(start());
              receive_frame(peer);
              peer.send(tune());
              receive_frame(peer);
              receive_frame(peer);
              peer.send(close(530, "NOT_ALLOWED - vhost invenio not found"));
              peer.wait_for_its_end();
            },
            as_rdm()) == Answer{ProbeVerdict::failed, "NOT_ALLOWED - vhost invenio not found"});
  CHECK(look_at(
            [](Peer& peer) {
              peer.receive(8);
              peer.send(start());
              receive_frame(peer);
            },
            as_rdm()) ==
        Answer{ProbeVerdict::failed, "closed the connection before the answer to the login of user \"rdm\""});
}

TEST_CASE("amqp: of a password that is echoed nothing is left where the words are cut", "[amqp]") {
  ProbeQuestion question = as_rdm();
  question.secret = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL";
  CHECK(after("you have just said to me " + question.secret, question) ==
        Answer{ProbeVerdict::failed, "is no AMQP broker: it says \"you have just said to me ***\""});
}

TEST_CASE("amqp: a close is acknowledged, so that the broker has nothing to complain of", "[amqp]") {
  std::string said;
  CHECK(look_at(
            [&](Peer& peer) {
              peer.receive(8);
              peer.send(close(320, "CONNECTION_FORCED"));
              said = receive_frame(peer);
              peer.wait_for_its_end();
            },
            as_rdm())
            .verdict == ProbeVerdict::failed);
  CHECK(said == close_ok());
}

TEST_CASE("amqp: another version and another login are told", "[amqp]") {
  CHECK(after(std::string("AMQP\0\1\0\0", 8)) ==
        Answer{ProbeVerdict::failed, "speaks another version of AMQP: 0 1 0 0"});
  CHECK(after(start("PLAIN", std::string("\1\0", 2))) ==
        Answer{ProbeVerdict::failed, "speaks another version of AMQP: 1-0"});
  CHECK(after(start("AMQPLAIN EXTERNAL"), as_rdm()) ==
        Answer{ProbeVerdict::failed, "offers no login with a password (PLAIN), only \"AMQPLAIN EXTERNAL\""});
}

TEST_CASE("amqp: a stranger is told from what it says", "[amqp]") {
  CHECK(after("HTTP/1.1 400 Bad Request\r\n") ==
        Answer{ProbeVerdict::failed, "is no AMQP broker: it says \"HTTP/1.1 400 Bad Request\""});
  CHECK(after(frame(1, 0, "xxxx", 'x')).verdict == ProbeVerdict::failed);
  CHECK(after(frame(2, 1, "content")).verdict == ProbeVerdict::failed);
  CHECK(after(frame(1, 1, "xxxx")).verdict == ProbeVerdict::failed);
  CHECK(after(frame(1, 0, number(60, 2) + number(10, 2))).verdict == ProbeVerdict::failed);
  CHECK(after(frame(1, 0, "x")).verdict == ProbeVerdict::failed);
  CHECK(after(tune()) == Answer{ProbeVerdict::failed, "says method 30 instead of Connection.Start"});
  CHECK(after(method(10, "x")) == Answer{ProbeVerdict::failed, "says a Connection.Start that is cut short"});
  CHECK(after_login(method(30, "x")).said == "says a Connection.Tune that is cut short");
  CHECK(after_login(method(20, long_text("challenge"))).said ==
        "says method 20 instead of the answer to the login of user \"rdm\"");
  CHECK(after_login(frame(3, 0, "")).said ==
        "says no frame instead of the answer to the login of user \"rdm\"");
}

TEST_CASE("amqp: an answer that comes byte by byte is one answer", "[amqp]") {
  CHECK(look_at([](Peer& peer) {
          peer.receive(8);
          peer.send_byte_by_byte(start());
          peer.wait_for_its_end();
        }).verdict == ProbeVerdict::succeeded);
}

TEST_CASE("amqp: half an answer is none", "[amqp]") {
  CHECK(look_at([](Peer& peer) {
          peer.receive(8);
          peer.send(start().substr(0, 20));
        }) == Answer{ProbeVerdict::failed, "closed the connection before Connection.Start"});
  CHECK(look_at([](Peer& peer) {
          peer.receive(8);
          peer.send("AMQ");
        }) == Answer{ProbeVerdict::failed, "closed the connection before Connection.Start"});
}

TEST_CASE("amqp: nobody speaks without end", "[amqp]") {
  const auto endless = [](const std::string& again) {
    return look_at([again](Peer& peer) { peer.send_endlessly(again); });
  };
  CHECK(endless(heartbeat()) == Answer{ProbeVerdict::failed, "said too much before Connection.Start"});
  CHECK(endless("x").said.starts_with("is no AMQP broker: it says \"x"));
  CHECK(after(number(1, 1) + number(0, 2) + number(0xffffffffU, 4)).verdict == ProbeVerdict::failed);
}

TEST_CASE("amqp: what was told to it and cannot be done is our mistake", "[amqp]") {
  ProbeQuestion question = as_rdm();
  question.vhost = std::string(256, 'x');
  CHECK(after(start(), question) ==
        Answer{ProbeVerdict::unknown, "the name of the virtual host is longer than 255 bytes"});
}

TEST_CASE("amqp: nobody there, and silence", "[amqp]") {
  ProbeQuestion question;
  question.target = "127.0.0.1:" + std::to_string(free_ports(1));
  CHECK(look(begin_amqp, question) == Answer{ProbeVerdict::failed, question.target + ": Connection refused"});
  const ScriptedServer silent([](Peer& peer) { peer.wait_for_its_end(); });
  question.target = silent.target();
  look_until_it_waits_for(begin_amqp, question, "Connection.Start");
}

namespace {

/// A broker that lets anybody in, beside a management API that gives `response`.
Answer look_with_management(const std::string& response, const ProbeQuestion& question) {
  std::string request;
  const ScriptedServer management([&](Peer& peer) {
    request = peer.receive_until("\r\n\r\n");
    peer.send(response);
  });
  ProbeQuestion with_management = question;
  with_management.management = "http://" + management.target();
  const Answer answer = after(start(), with_management);
  CHECK(request.starts_with("GET /api/health/checks/local-alarms HTTP/1.1\r\n"));
  CHECK(request.find("Authorization: Basic Z3Vlc3Q6Z3Vlc3Q=\r\n") != std::string::npos); // guest:guest
  return answer;
}

} // namespace

TEST_CASE("amqp: an alarm is a failure though the broker lets everybody in", "[amqp]") {
  CHECK(look_with_management("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}", {}) ==
        Answer{ProbeVerdict::succeeded, "offers a connection, no alarms"});
  CHECK(look_with_management("HTTP/1.1 503 Service Unavailable\r\n\r\n{\"status\":\"failed\",\"alarms\":"
                             "[{\"node\":\"rabbit@a\",\"resource\":\"disk\"}]}",
                             {}) ==
        Answer{ProbeVerdict::failed, "disk alarm on rabbit@a: publishers are kept waiting"});
  CHECK(look_with_management("HTTP/1.1 401 Unauthorized\r\n\r\n", {}).verdict == ProbeVerdict::failed);
}

TEST_CASE("amqp: alarms are not asked for where the broker itself failed, or nowhere", "[amqp]") {
  ProbeQuestion question;
  question.management = "http://127.0.0.1:" + std::to_string(free_ports(1));
  CHECK(after(tune(), question).said == "says method 30 instead of Connection.Start");
  CHECK(after(start(), question).said == question.management.substr(7) + ": Connection refused");
  question.management = "nonsense";
  CHECK(after(start(), question).verdict == ProbeVerdict::unknown);
}

TEST_CASE("amqp: an API that is silent is waited for, and can be given up", "[amqp]") {
  const ScriptedServer silent([](Peer& peer) { peer.wait_for_its_end(); });
  const ScriptedServer broker([](Peer& peer) {
    peer.receive(8);
    peer.send(start());
    peer.wait_for_its_end();
  });
  ProbeQuestion question;
  question.target = broker.target();
  question.management = "http://" + silent.target();
  look_until_it_waits_for(begin_amqp, question, "what the management API says of alarms");
}

} // namespace holdfast::test
