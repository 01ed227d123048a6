#include "observer/redis.h"

#include "observer/look.h"
#include "observer/scripted_server.h"
#include "support/catch.h"
#include "support/ports.h"

#include <mutex>
#include <vector>

namespace holdfast::test {
namespace {

using observer::Answer;
using observer::begin_redis;
using wire::ProbeQuestion;
using wire::ProbeVerdict;

ProbeQuestion question_to(const std::string& target) {
  ProbeQuestion question;
  question.protocol = wire::ProbeProtocol::redis;
  question.target = target;
  return question;
}

/// As Redis reads commands: an array of words with their lengths.
std::string receive_command(Peer& peer) {
  const std::string count = peer.receive_until("\r\n");
  if (count.empty()) return "";
  std::string command;
  for (int left = std::stoi(count.substr(1)); left > 0; --left) {
    const std::string size = peer.receive_until("\r\n");
    const std::string word = peer.receive(static_cast<std::size_t>(std::stoi(size.substr(1))) + 2);
    command += (command.empty() ? "" : " ") + word.substr(0, word.size() - 2);
  }
  return command;
}

/// Answers each command with the next of its answers, and keeps what was asked.
class Answering {
public:
  explicit Answering(std::vector<std::string> answers)
      : answers_(std::move(answers)), server_([this](Peer& peer) { serve(peer); }) {}

  [[nodiscard]] Answer look(ProbeQuestion question = {}) {
    question.target = server_.target();
    return test::look(begin_redis, question);
  }
  [[nodiscard]] std::vector<std::string> commands() const {
    const std::lock_guard lock(mutex_);
    return commands_;
  }

private:
  void serve(Peer& peer) {
    for (const std::string& answer : answers_) {
      const std::string command = receive_command(peer);
      {
        const std::lock_guard lock(mutex_);
        commands_.push_back(command);
      }
      peer.send(answer + "\r\n");
    }
    peer.wait_for_its_end();
  }

  std::vector<std::string> answers_;
  mutable std::mutex mutex_;
  std::vector<std::string> commands_;
  ScriptedServer server_;
};

Answer look_at(const ScriptedServer::Script& script) {
  const ScriptedServer server(script);
  return look(begin_redis, question_to(server.target()));
}

/// What comes of one line as the answer to PING.
Answer after(const std::string& line) {
  return Answering({line}).look();
}

ProbeQuestion writing() {
  ProbeQuestion question;
  question.write = true;
  return question;
}

using Commands = std::vector<std::string>;

} // namespace

TEST_CASE("redis: a PONG is all that is needed", "[redis]") {
  Answering server({"+PONG"});
  CHECK(server.look() == Answer{ProbeVerdict::succeeded, "PONG"});
  CHECK(server.commands() == Commands{"PING"});
}

TEST_CASE("redis: it logs in first, and writes last", "[redis]") {
  Answering server({"+OK", "+PONG", "+OK"});
  ProbeQuestion question = writing();
  question.secret = "s3cret word";
  CHECK(server.look(question) == Answer{ProbeVerdict::succeeded, "PONG, and takes writes"});
  CHECK(server.commands() == Commands{"AUTH s3cret word", "PING", "SET holdfast:probe 1 EX 60"});
}

TEST_CASE("redis: a user is named where there is one", "[redis]") {
  Answering server({"+OK", "+PONG"});
  ProbeQuestion question;
  question.user = "rdm";
  question.secret = "s3cret";
  CHECK(server.look(question).verdict == ProbeVerdict::succeeded);
  CHECK(server.commands() == Commands{"AUTH rdm s3cret", "PING"});
}

TEST_CASE("redis: it says itself that it is not ready, or why it does not serve", "[redis]") {
  CHECK(after("-LOADING Redis is loading the dataset in memory") ==
        Answer{ProbeVerdict::starting, "LOADING Redis is loading the dataset in memory"});
  for (const std::string words :
       {"MASTERDOWN Link with MASTER is down", "MISCONF Redis is configured to save",
        "BUSY Redis is busy running a script", "ERR unknown command", "LOADINGS"})
    CHECK(after('-' + words) == Answer{ProbeVerdict::failed, words});
}

TEST_CASE("redis: it is up where it wants a password, or has all the clients that it takes", "[redis]") {
  CHECK(after("-NOAUTH Authentication required.") == Answer{ProbeVerdict::succeeded, "asks for a password"});
  CHECK(after("-ERR max number of clients reached") ==
        Answer{ProbeVerdict::succeeded, "ERR max number of clients reached"});
  CHECK(Answering({"-NOAUTH Authentication required."}).look(writing()) ==
        Answer{ProbeVerdict::failed, "asks for a password"});
}

TEST_CASE("redis: a write that is refused is a failure", "[redis]") {
  for (const std::string words :
       {"READONLY You can't write against a read only replica.",
        "OOM command not allowed when used memory > 'maxmemory'.", "MISCONF Errors writing to the AOF file"})
    CHECK(Answering({"+PONG", '-' + words}).look(writing()) == Answer{ProbeVerdict::failed, words});
  CHECK(Answering({"+PONG", "+QUEUED"}).look(writing()) ==
        Answer{ProbeVerdict::failed, "answers SET with \"+QUEUED\""});
}

TEST_CASE("redis: a login that is refused is told, and never the password", "[redis]") {
  ProbeQuestion question;
  question.secret = "s3cret";
  CHECK(Answering({"-WRONGPASS invalid username-password pair or user is disabled."}).look(question) ==
        Answer{ProbeVerdict::failed, "WRONGPASS invalid username-password pair or user is disabled."});
  CHECK(Answering({"-ERR unknown command 'AUTH', with args beginning with: 's3cret' "}).look(question) ==
        Answer{ProbeVerdict::failed, "ERR unknown command 'AUTH', with args beginning with: '***' "});
  CHECK(Answering({"$6"}).look(question).said.find("s3cret") == std::string::npos);
}

TEST_CASE("redis: of a password that is echoed nothing is left where the words are cut", "[redis]") {
  ProbeQuestion question;
  question.secret = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL";
  CHECK(Answering({"+you have just said to me " + question.secret}).look(question) ==
        Answer{ProbeVerdict::failed, "answers AUTH with \"+you have just said to me ***\""});
  CHECK(Answering({"you have just said to me " + question.secret}).look(question).said.find("0123") ==
        std::string::npos);
  // What is heard may end in the middle of it.
  const ScriptedServer half([&](Peer& peer) {
    peer.send("said: " + question.secret.substr(0, 24));
    peer.wait_for_its_end();
  });
  question.target = half.target();
  CHECK(look(begin_redis, question) == Answer{ProbeVerdict::failed, "is no Redis: it says \"said: ***\""});
}

TEST_CASE("redis: a stranger is told from what it says", "[redis]") {
  CHECK(look_at([](Peer& peer) {
          peer.send("HTTP/1.1 400 Bad Request");
          peer.wait_for_its_end();
        }) == Answer{ProbeVerdict::failed, "is no Redis: it says \"HTTP/1.1 400 Bad Request\""});
  CHECK(after("+PANG") == Answer{ProbeVerdict::failed, "answers PING with \"+PANG\""});
}

TEST_CASE("redis: an answer that comes byte by byte is one answer", "[redis]") {
  CHECK(look_at([](Peer& peer) {
          receive_command(peer);
          peer.send_byte_by_byte("+PONG\r\n");
          peer.wait_for_its_end();
        }).said == "PONG");
}

TEST_CASE("redis: an end before the answer says what was waited for", "[redis]") {
  CHECK(look_at([](Peer& peer) { receive_command(peer); }) ==
        Answer{ProbeVerdict::failed, "closed the connection before the answer to PING"});
  CHECK(look_at([](Peer& peer) {
          receive_command(peer);
          peer.send("+PO");
        }) == Answer{ProbeVerdict::failed, "closed the connection before the answer to PING"});
}

TEST_CASE("redis: a line without an end is not read for ever", "[redis]") {
  CHECK(look_at([](Peer& peer) { peer.send_endlessly("-ERR"); }) ==
        Answer{ProbeVerdict::failed, "said too much before the answer to PING"});
  CHECK(look_at([](Peer& peer) { peer.send_endlessly("+OK\r\n"); }).verdict == ProbeVerdict::failed);
}

TEST_CASE("redis: nobody there", "[redis]") {
  const std::string target = "127.0.0.1:" + std::to_string(free_ports(1));
  CHECK(look(begin_redis, question_to(target)) ==
        Answer{ProbeVerdict::failed, target + ": Connection refused"});
}

TEST_CASE("redis: silence is waited for, and can be given up", "[redis]") {
  const ScriptedServer server([](Peer& peer) { peer.wait_for_its_end(); });
  look_until_it_waits_for(begin_redis, question_to(server.target()), "the answer to PING");
}

} // namespace holdfast::test
