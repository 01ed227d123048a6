#include "observer/uwsgi_probe.h"

#include "observer/look.h"
#include "observer/scripted_server.h"
#include "support/catch.h"
#include "support/ports.h"
#include "support/scratch.h"

namespace holdfast::observer {
namespace {

using enum wire::ProbeVerdict;
using test::look;
using test::Peer;
using test::ScriptedServer;

constexpr const char* application = R"([{"id":0,"mountpoint":"/api","startup_time":7}])";

std::string worker(const std::string& status, int pid = 9, const std::string& apps = application) {
  return R"({"id":1,"pid":)" + std::to_string(pid) + R"(,"status":")" + status + R"(","apps":)" + apps + "}";
}

/// As uWSGI 2.0.31 writes it, without what is not read.
std::string stats(const std::string& workers, int queue = 0, int most = 100) {
  return R"({"version":"2.0.31","listen_queue":)" + std::to_string(queue) +
         R"(,"sockets":[{"name":"127.0.0.1:5000","queue":)" + std::to_string(queue) + R"(,"max_queue":)" +
         std::to_string(most) + R"(},{"name":"/run/s","queue":0,"max_queue":0}],"workers":[)" + workers +
         "]}";
}

TEST_CASE("a worker with its application is what counts", "[observer]") {
  REQUIRE(uwsgi_answer(stats(worker("idle") + ',' + worker("busy"))) ==
          Answer{succeeded, "busy 1 of 2 workers"});
  REQUIRE(uwsgi_answer(stats(worker("busy"), 17)) == Answer{succeeded, "busy 1 of 1 worker, queue 17"});
  REQUIRE(uwsgi_answer(stats(worker("idle", 9, "[]") + ',' + worker("sig10"))) ==
          Answer{succeeded, "busy 1 of 1 worker"});
  REQUIRE(uwsgi_answer(stats(worker("idle", 9, "[]"))) ==
          Answer{starting, "no worker has an application yet"});
  REQUIRE(uwsgi_answer(stats(worker("cheap") + ',' + worker("idle", 0))) ==
          Answer{failed, "no worker is alive"});
  REQUIRE(uwsgi_answer(stats("")) == Answer{failed, "no worker is alive"});
}

TEST_CASE("a full listen queue is a failure", "[observer]") {
  REQUIRE(uwsgi_answer(stats(worker("busy"), 100)) == Answer{failed, "listen queue 100 of 100"});
  REQUIRE(uwsgi_answer(stats(worker("busy"), 130, 128)) == Answer{failed, "listen queue 130 of 128"});
  // On unix sockets uWSGI knows neither.
  REQUIRE(uwsgi_answer(stats(worker("busy"), 0, 0)).verdict == succeeded);
}

TEST_CASE("stats that are none are told by how they begin", "[observer]") {
  REQUIRE(uwsgi_answer("") == Answer{failed, "closed the connection without its stats"});
  REQUIRE(uwsgi_answer(stats(worker("idle")).substr(0, 90)).verdict == failed);
  REQUIRE(uwsgi_answer("SSH-2.0-x\r\n") == Answer{failed, "these are not uWSGI's stats: \"SSH-2.0-x\""});
  REQUIRE(uwsgi_answer(std::string(100000, '[')).verdict == failed);
  for (const char* const odd : {"{}", "[]", "7", R"({"workers":7})", R"({"workers":[7,null,{"pid":"x"}]})",
                                R"({"workers":[{"pid":1,"apps":7}],"sockets":{"a":1}})"})
    REQUIRE(uwsgi_answer(odd).verdict != succeeded);
}

TEST_CASE("the stats server is read to its end", "[observer]") {
  const std::string text = stats(worker("idle"));
  const test::Scratch scratch;
  const ScriptedServer by_path([&](Peer& peer) { peer.send(text); }, scratch / "stats");
  REQUIRE(look(begin_uwsgi, {.target = "unix:" + (scratch / "stats")}) ==
          Answer{succeeded, "busy 0 of 1 worker"});
  const ScriptedServer byte_by_byte([&](Peer& peer) { peer.send_byte_by_byte(text); });
  REQUIRE(look(begin_uwsgi, {.target = byte_by_byte.target()}) == Answer{succeeded, "busy 0 of 1 worker"});
  const ScriptedServer endless([](Peer& peer) { peer.send_endlessly(std::string(65536, '[')); });
  REQUIRE(look(begin_uwsgi, {.target = endless.target()}) ==
          Answer{failed, endless.target() + ": sends more than 1 MiB"});
  const std::string nobody = "127.0.0.1:" + std::to_string(test::free_ports(1));
  REQUIRE(look(begin_uwsgi, {.target = nobody}) == Answer{failed, nobody + ": Connection refused"});
  const ScriptedServer silent([](Peer& peer) { peer.wait_for_its_end(); });
  test::look_until_it_waits_for(begin_uwsgi, {.target = silent.target()}, "the stats of " + silent.target());
}

} // namespace
} // namespace holdfast::observer
