#include "observer/look.h"
#include "observer/real_server.h"
#include "observer/redis.h"
#include "support/catch.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace holdfast::test {
namespace {

using observer::Answer;
using observer::begin_redis;
using wire::ProbeQuestion;
using wire::ProbeVerdict;

class Redis : public RealServer {
public:
  Redis() : RealServer("redis") {}
  explicit Redis(const Words& options, const std::string& ready = "Ready to accept connections") : Redis() {
    start(options, ready);
  }

  void start(const Words& options, const std::string& ready = "Ready to accept connections") {
    Words program{"redis-server",         "--bind", "127.0.0.1", "--port",
                  std::to_string(port()), "--dir",  *this / ""};
    program.insert(program.end(), options.begin(), options.end());
    RealServer::start(program, ready);
  }

  std::string command(const Words& words) const {
    Words program{"redis-cli", "-p", std::to_string(port())};
    program.insert(program.end(), words.begin(), words.end());
    return run(program);
  }

  [[nodiscard]] Answer look(ProbeQuestion question = {}) const {
    question.target = target();
    return test::look(begin_redis, question);
  }
  [[nodiscard]] Answer look_writing() const {
    ProbeQuestion question;
    question.write = true;
    return look(question);
  }
};

ProbeQuestion with_secret(const std::string& secret, const std::string& user = "") {
  ProbeQuestion question;
  question.secret = secret;
  question.user = user;
  question.write = true;
  return question;
}

bool says(const Answer& answer, ProbeVerdict verdict, const std::string& beginning) {
  INFO(answer.said);
  return answer.verdict == verdict && answer.said.starts_with(beginning);
}

} // namespace

TEST_CASE("real redis: it answers, takes writes, and has nothing to say about it", "[redis]") {
  const Redis redis({"--save", ""});
  const std::string before = redis.log();
  CHECK(redis.look() == Answer{ProbeVerdict::succeeded, "PONG"});
  CHECK(redis.look_writing() == Answer{ProbeVerdict::succeeded, "PONG, and takes writes"});
  CHECK(redis.command({"ttl", "holdfast:probe"}) == "60\n");
  CHECK(redis.log() == before);
}

TEST_CASE("real redis: passwords", "[redis]") {
  const Redis redis({"--save", "", "--requirepass", "s3cret"});
  CHECK(redis.look() == Answer{ProbeVerdict::succeeded, "asks for a password"});
  CHECK(redis.look_writing() == Answer{ProbeVerdict::failed, "asks for a password"});
  CHECK(redis.look(with_secret("s3cret")).verdict == ProbeVerdict::succeeded);
  CHECK(redis.look(with_secret("s3cret", "default")).verdict == ProbeVerdict::succeeded);
  CHECK(says(redis.look(with_secret("other")), ProbeVerdict::failed, "WRONGPASS invalid username-password"));
  const Redis open({"--save", ""});
  CHECK(
      says(open.look(with_secret("s3cret")), ProbeVerdict::failed, "ERR AUTH <password> called without any"));
}

TEST_CASE("real redis: while it loads it is starting", "[redis]") {
  Redis redis({"--enable-debug-command", "yes"});
  redis.command({"debug", "populate", "10000"});
  redis.command({"save"});
  redis.stop();
  // 2 ms for each key: 20 s, and it answers in between.
  redis.start({"--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024"},
              "Loading RDB produced by version");
  for (const Answer& answer : {redis.look(), redis.look_writing()})
    CHECK(answer == Answer{ProbeVerdict::starting, "LOADING Redis is loading the dataset in memory"});
}

TEST_CASE("real redis: what cannot be saved is refused", "[redis]") {
  const Redis redis({"--save", "3600 1"});
  REQUIRE(run_program({"chown", "root:", redis / ""}).code == 0);
  redis.command({"bgsave"});
  REQUIRE(comes_true(30s, [&] {
    return redis.command({"info", "persistence"}).find("rdb_last_bgsave_status:err") != std::string::npos;
  }));
  CHECK(says(redis.look(), ProbeVerdict::failed, "MISCONF Redis is configured to save RDB snapshots"));
  CHECK(says(redis.look_writing(), ProbeVerdict::failed, "MISCONF "));
  // It would not end without having saved.
  REQUIRE(run_program({"chown", "redis:", redis / ""}).code == 0);
}

TEST_CASE("real redis: a replica takes no writes, and one without its master may serve nothing", "[redis]") {
  const Redis redis({"--save", "", "--replicaof", "127.0.0.1 1"});
  CHECK(redis.look().verdict == ProbeVerdict::succeeded);
  CHECK(says(redis.look_writing(), ProbeVerdict::failed, "READONLY You can't write against a read only"));
  redis.command({"config", "set", "replica-serve-stale-data", "no"});
  CHECK(says(redis.look(), ProbeVerdict::failed, "MASTERDOWN Link with MASTER is down"));
}

TEST_CASE("real redis: full memory takes no writes", "[redis]") {
  const Redis redis({"--save", "", "--maxmemory", "1"});
  CHECK(redis.look().verdict == ProbeVerdict::succeeded);
  CHECK(says(redis.look_writing(), ProbeVerdict::failed, "OOM command not allowed"));
}

TEST_CASE("real redis: as many clients as it takes are no outage", "[redis]") {
  const Redis redis({"--save", "", "--maxclients", "1"});
  boost::asio::io_context loop;
  boost::asio::ip::tcp::socket only(loop);
  only.connect({boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(redis.port())});
  CHECK(redis.look_writing() == Answer{ProbeVerdict::succeeded, "ERR max number of clients reached"});
}

} // namespace holdfast::test
