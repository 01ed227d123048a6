#include "observer/celery_probe.h"
#include "observer/management.h"

#include "observer/http_peer.h"
#include "observer/look.h"
#include "support/catch.h"
#include "support/deadline.h"

#include <map>
#include <optional>

namespace holdfast::observer {
namespace {

using namespace std::chrono_literals;
using enum wire::ProbeVerdict;
using test::http_answer;
using test::look;
using test::Peer;
using test::ScriptedServer;

std::string numbers(int consumers, int ready, int acknowledged, int unacknowledged = 0) {
  return R"({"consumers":)" + std::to_string(consumers) + R"(,"messages_ready":)" + std::to_string(ready) +
         R"(,"messages_unacknowledged":)" + std::to_string(unacknowledged) + R"(,"message_stats":{"ack":)" +
         std::to_string(acknowledged) + "}}";
}

TEST_CASE("a queue stands still when messages wait and none is acknowledged", "[observer]") {
  QueueProgress progress;
  const MonoTime start{};
  const auto look = [&](const char* queue, std::uint64_t waiting, std::uint64_t acknowledged, Duration at) {
    const QueueNumbers numbers{.waiting = waiting, .acknowledged = acknowledged};
    const Standstill standstill = progress.look(queue, numbers, start + at);
    REQUIRE(standstill.idle == standstill.unacknowledged);
    return standstill.idle;
  };
  REQUIRE(look("a", 5, 10, 0s) == 0s);
  REQUIRE(look("a", 6, 10, 40s) == 40s);
  REQUIRE(look("b", 6, 10, 40s) == 0s);
  REQUIRE(look("a", 6, 11, 50s) == 0s);
  REQUIRE(look("a", 6, 11, 90s) == 40s);
  REQUIRE(look("a", 0, 11, 95s) == 0s);
  REQUIRE(look("a", 1, 11, 100s) == 0s);
  REQUIRE(look("a", 1, 0, 200s) == 0s);
}

TEST_CASE("a queue needs a consumer, and to move", "[observer]") {
  QueueProgress progress;
  const MonoTime start{};
  const auto at = [&](MonoTime now, const std::string& json) {
    return queue_answer("celery", json, "key", progress, now);
  };
  REQUIRE(at(start, numbers(2, 17, 4)) == Answer{succeeded, "celery: 2 consumers, 17 wait"});
  REQUIRE(at(start + 60s, numbers(2, 17, 4)).verdict == succeeded);
  REQUIRE(at(start + 61s, numbers(2, 17, 4)) ==
          Answer{failed, "queue celery: 17 wait, 2 consumers took none for 1 min 1 s"});
  REQUIRE(at(start + 62s, numbers(1, 16, 5)) == Answer{succeeded, "celery: 1 consumer, 16 wait"});
  REQUIRE(at(start, numbers(0, 3, 0)) == Answer{failed, "queue celery: no consumer, 3 wait"});
  REQUIRE(at(start, R"({"consumers":1,"messages_ready":0,"messages_unacknowledged":0})").verdict ==
          succeeded);
  REQUIRE(at(start, R"({"consumers":1,"messages_ready":0})").verdict == starting);
  const std::string waits = R"("messages_ready":3,"messages_unacknowledged":0})";
  REQUIRE(at(start, R"({"consumers":1,"consumer_details":[],)" + waits) ==
          Answer{failed, "queue celery: no consumer, 3 wait"});
  REQUIRE(at(start, R"({"consumers":0,"consumer_details":[{},{}],)" + waits) ==
          Answer{succeeded, "celery: 2 consumers, 3 wait"});
  REQUIRE(at(start, R"({"name":"celery"})") ==
          Answer{starting, "the broker has no numbers of queue celery yet"});
  REQUIRE(at(start, "<html>") == Answer{failed, "what the broker says of queue celery is no JSON"});
  REQUIRE(at(start, R"({"consumers":-1,"messages_ready":"x","message_stats":[]})").verdict == starting);
}

TEST_CASE("consumers that have taken messages are at work, however long none is acknowledged", "[observer]") {
  QueueProgress progress;
  const MonoTime start{};
  const auto at = [&](MonoTime now, const std::string& json) {
    return queue_answer("celery", json, "key", progress, now);
  };
  REQUIRE(at(start, numbers(1, 17, 4, 8)) == Answer{succeeded, "celery: 1 consumer, 17 wait"});
  REQUIRE(at(start + 60s, numbers(1, 17, 4, 8)) == Answer{succeeded, "celery: 1 consumer, 17 wait"});
  REQUIRE(at(start + 80s, numbers(1, 17, 4, 8)) ==
          Answer{succeeded,
                 "celery: 1 consumer, 17 wait, none was acknowledged for 1 min 20 s, 8 are with consumers"});
  // They were given back: nobody was idle before that.
  REQUIRE(at(start + 90s, numbers(1, 25, 4)).verdict == succeeded);
  REQUIRE(at(start + 150s, numbers(1, 25, 4)).verdict == succeeded);
  REQUIRE(at(start + 151s, numbers(1, 25, 4)) ==
          Answer{failed, "queue celery: 25 wait, 1 consumer took none for 1 min 1 s"});
  REQUIRE(at(start + 152s, numbers(1, 17, 4, 8)).verdict == succeeded);
}

TEST_CASE("a consumer that is new has not stood still before it came", "[observer]") {
  QueueProgress progress;
  const MonoTime start{};
  const auto at = [&](MonoTime now, const std::string& json) {
    return queue_answer("celery", json, "key", progress, now);
  };
  REQUIRE(at(start, numbers(1, 17, 4)).verdict == succeeded);
  REQUIRE(at(start + 90s, numbers(0, 17, 4)).verdict == failed);
  REQUIRE(at(start + 100s, numbers(1, 17, 4)).verdict == succeeded);
}

/// Answers by path; what it is asked as is kept.
class Broker {
public:
  std::map<std::string, std::string> answers;

  [[nodiscard]] Answer look_at(wire::ProbeQuestion question) {
    question.target = "http://" + server_.target();
    return look(begin_celery, question);
  }
  [[nodiscard]] HttpServer server() const {
    return server_of({.user = "monitor", .secret = "pass-word"}, "http://" + server_.target()).value();
  }
  [[nodiscard]] const std::string& last() const { return last_; }

private:
  std::string last_;
  ScriptedServer server_{[this](Peer& peer) {
    last_ = test::request_of(peer);
    const std::string path = last_.substr(4, last_.find(" HTTP") - 4);
    peer.send(answers.contains(path) ? answers[path]
                                     : http_answer("404 Not Found", R"({"error":"Object Not Found"})"));
  }};
};

TEST_CASE("each queue is asked for by name, as guest or as the user", "[observer]") {
  Broker broker;
  broker.answers["/api/queues/%2F/celery"] = http_answer("200 OK", numbers(2, 0, 4));
  broker.answers["/api/queues/%2F/low"] = http_answer("200 OK", numbers(1, 3, 4));
  REQUIRE(broker.look_at({.key = "a", .queues = {"celery", "low"}}) ==
          Answer{succeeded, "celery: 2 consumers, 0 wait; low: 1 consumer, 3 wait"});
  REQUIRE(broker.last().find("Authorization: Basic Z3Vlc3Q6Z3Vlc3Q=\r\n") != std::string::npos);
  REQUIRE(broker.look_at({.key = "a", .queues = {"celery", "high"}}) ==
          Answer{failed, "there is no queue high in /"});
  broker.answers["/api/queues/rdm%20a/q%2F1"] = http_answer("200 OK", numbers(1, 0, 0));
  REQUIRE(broker.look_at({.key = "a", .user = "ada", .secret = "b", .vhost = "rdm a", .queues = {"q/1"}})
              .verdict == succeeded);
  REQUIRE(broker.last().find("Authorization: Basic YWRhOmI=\r\n") != std::string::npos);
  REQUIRE(broker.look_at({.key = "a"}) == Answer{unknown, "no queues to look at"});
}

TEST_CASE("a user who is not let in is named", "[observer]") {
  Broker broker;
  broker.answers["/api/queues/%2F/celery"] =
      http_answer("401 Unauthorized", R"({"error":"not_authorised","reason":"Login failed"})");
  const Answer answer = broker.look_at({.key = "a", .user = "ada", .secret = "b", .queues = {"celery"}});
  REQUIRE(answer.verdict == failed);
  REQUIRE(answer.said.starts_with("user ada is not let in: 401 Unauthorized; its body begins with "));
}

Answer alarms(const Broker& broker) {
  boost::asio::io_context loop;
  std::optional<Answer> answer;
  const auto exchange =
      ask_for_alarms(loop, broker.server(), [&](Answer given) { answer = std::move(given); });
  const test::Deadline deadline(30s);
  while (!answer && !deadline.passed())
    loop.run_one_for(deadline.left());
  REQUIRE(answer);
  return *answer;
}

TEST_CASE("alarms of the broker are told by name", "[observer]") {
  Broker broker;
  std::string& answer = broker.answers["/api/health/checks/local-alarms"];
  answer = http_answer("200 OK", R"({"status":"ok"})");
  REQUIRE(alarms(broker) == Answer{succeeded, "no alarms"});
  answer = http_answer(
      "503 Service Unavailable",
      R"({"status":"failed","alarms":[{"node":"rabbit@a","resource":"memory"},{"node":"rabbit@a","resource":"disk"}]})");
  REQUIRE(alarms(broker) ==
          Answer{failed, "memory alarm on rabbit@a, disk alarm on rabbit@a: publishers are kept waiting"});
  answer = http_answer("503 Service Unavailable", R"({"alarms":[7,[]]})");
  REQUIRE(alarms(broker).said.starts_with("asked for alarms: 503 Service Unavailable"));
  answer = http_answer("401 Unauthorized");
  REQUIRE(alarms(broker) == Answer{failed, "user monitor is not let in: 401 Unauthorized"});
}

} // namespace
} // namespace holdfast::observer
