#include "observer/opensearch_answers.h"
#include "observer/opensearch_probe.h"

#include "observer/http_peer.h"
#include "observer/look.h"
#include "support/catch.h"

#include <map>

namespace holdfast::observer {
namespace {

using enum wire::ProbeVerdict;
using test::http_answer;
using test::look;
using test::Peer;
using test::ScriptedServer;

/// Answers by path, and with 404 what it has no answer to.
class Cluster {
public:
  std::map<std::string, std::string> answers = {
      {"/_cluster/health", http_answer("200 OK", R"({"status":"green","unassigned_shards":0})")},
      {"/_cluster/state/blocks", http_answer("200 OK", R"({"cluster_name":"c","blocks":{}})")},
      {"/_cat/allocation", http_answer("200 OK", R"([{"disk.percent":"71"},{"disk.percent":null}])")},
  };

  [[nodiscard]] Answer look_at() {
    const ScriptedServer server([this](Peer& peer) {
      const std::string request = test::request_of(peer);
      const std::string path = request.substr(4, request.find('?') - 4);
      asked_ += path + ' ';
      peer.send(answers.contains(path) ? answers[path] : http_answer("404 Not Found"));
    });
    return look(begin_opensearch, {.target = "http://" + server.target()});
  }
  [[nodiscard]] const std::string& asked() const { return asked_; }

private:
  std::string asked_;
};

TEST_CASE("a cluster that is green or yellow works, with what its disks have", "[observer]") {
  Cluster cluster;
  REQUIRE(cluster.look_at() == Answer{succeeded, "green; disk 71 % full"});
  REQUIRE(cluster.asked() == "/_cluster/health /_cluster/state/blocks /_cat/allocation ");
  cluster.answers["/_cluster/health"] =
      http_answer("200 OK", R"({"status":"yellow","unassigned_shards":34})");
  cluster.answers["/_cat/allocation"] = http_answer("500 Oops");
  REQUIRE(cluster.look_at() == Answer{succeeded, "yellow, 34 shards unassigned"});
}

TEST_CASE("a red cluster fails and is asked no more", "[observer]") {
  Cluster cluster;
  cluster.answers["/_cluster/health"] = http_answer("200 OK", R"({"status":"red","unassigned_shards":1})");
  REQUIRE(cluster.look_at() == Answer{failed, "red: a primary shard is missing, 1 shard unassigned"});
  REQUIRE(cluster.asked() == "/_cluster/health ");
}

TEST_CASE("one that has not found its manager yet is starting", "[observer]") {
  Cluster cluster;
  cluster.answers["/_cluster/health"] =
      http_answer("503 Service Unavailable",
                  R"({"error":{"type":"cluster_manager_not_discovered_exception","reason":null}})");
  REQUIRE(cluster.look_at() ==
          Answer{starting, "503 Service Unavailable: cluster_manager_not_discovered_exception"});
  cluster.answers["/_cluster/health"] =
      http_answer("503 Service Unavailable",
                  R"({"error":{"reason":"blocked by: [state not recovered / initialized];"}})");
  REQUIRE(cluster.look_at() ==
          Answer{starting, "503 Service Unavailable: blocked by: [state not recovered / initialized];"});
  Cluster recovering;
  recovering.answers["/_cluster/state/blocks"] = http_answer(
      "200 OK",
      R"({"blocks":{"global":{"1":{"description":"state not recovered / initialized","levels":["read","write"]}}}})");
  REQUIRE(recovering.look_at() == Answer{starting, "state not recovered / initialized"});
}

TEST_CASE("indices that a full disk made read-only are a failure", "[observer]") {
  Cluster cluster;
  const std::string block =
      R"({"12":{"description":"disk usage exceeded flood-stage watermark","levels":["write"]}})";
  cluster.answers["/_cluster/state/blocks"] = http_answer(
      "200 OK", R"({"blocks":{"indices":{"rdm-a":)" + block + R"(,"closed":{"4":{"levels":["write"]}}}}})");
  REQUIRE(cluster.look_at() ==
          Answer{failed, "index rdm-a cannot be written: the disk is past its flood stage"});
  cluster.answers["/_cluster/state/blocks"] =
      http_answer("200 OK", R"({"blocks":{"indices":{"rdm-a":)" + block + R"(,"rdm-b":)" + block + "}}}");
  REQUIRE(cluster.look_at() ==
          Answer{failed, "2 indices cannot be written: the disk is past its flood stage"});
}

TEST_CASE("an index that cannot be written is a failure, whoever blocked it", "[observer]") {
  Cluster cluster;
  const auto blocked = [&](const std::string& indices) {
    cluster.answers["/_cluster/state/blocks"] =
        http_answer("200 OK", R"({"blocks":{"indices":)" + indices + "}}");
    return cluster.look_at();
  };
  const std::string read_only =
      R"json({"5":{"description":"index read-only (api)","levels":["write","metadata_write"]}})json";
  REQUIRE(blocked(R"({"a":)" + read_only + '}') ==
          Answer{failed, "index a cannot be written: index read-only (api)"});
  REQUIRE(blocked(R"({"a":)" + read_only + R"(,"b":{"8":{"levels":["write"]}}})") ==
          Answer{failed, "2 indices cannot be written: index read-only (api)"});
  // The disk is named where it is among the causes: it is the one that stops more.
  REQUIRE(blocked(R"({"a":)" + read_only + R"(,"b":{"12":{"levels":["write"]}}})") ==
          Answer{failed, "index b cannot be written: the disk is past its flood stage"});
  // A closed index and a snapshot that is searched are not written by their nature.
  REQUIRE(blocked(R"({"a":{"4":{"levels":["read","write"]}},"b":{"13":{"levels":["write"]}}})").verdict ==
          succeeded);
  REQUIRE(blocked(R"({"a":{"4":{"levels":["read","write"]},"8":{"levels":["write"]}}})").verdict ==
          succeeded);
  REQUIRE(blocked(R"({"a":{"7":{"levels":["read"]},"9":{"levels":["metadata_read"]}}})").verdict ==
          succeeded);
}

TEST_CASE("a cluster that is read-only is a failure, one that makes no indices is not", "[observer]") {
  Cluster cluster;
  cluster.answers["/_cluster/state/blocks"] = http_answer(
      "200 OK", R"json({"blocks":{"global":{"6":{"description":"cluster read-only (api)","levels":["write"]
}
}
}
})json");
  REQUIRE(cluster.look_at() == Answer{failed, "cluster read-only (api)"});
  cluster.answers["/_cluster/state/blocks"] =
      http_answer("200 OK", R"({"blocks":{"global":{"10":{"description":"x","levels":["create_index"]}}}})");
  REQUIRE(cluster.look_at() ==
          Answer{succeeded, "green; no index can be made (high watermark of the disk); disk 71 % full"});
}

TEST_CASE("who is not let in, and what is no OpenSearch, is told", "[observer]") {
  Cluster cluster;
  cluster.answers["/_cluster/health"] = http_answer("401 Unauthorized", "Unauthorized");
  REQUIRE(cluster.look_at() == Answer{failed,
                                      "nobody is let in without a user: 401 Unauthorized; its body begins "
                                      "with \"Unauthorized\""});
  for (const char* const body : {"", "{}", "[]", "7", "<html>", R"({"status":1})", R"({"status":"blue"})"}) {
    cluster.answers["/_cluster/health"] = http_answer("200 OK", body);
    REQUIRE(cluster.look_at().said.starts_with("its answer is not OpenSearch's: 200 OK"));
  }
  Cluster odd;
  odd.answers["/_cluster/state/blocks"] = http_answer("200 OK", R"({"blocks":7})");
  REQUIRE(odd.look_at().verdict == failed);
  odd.answers["/_cluster/state/blocks"] =
      http_answer("200 OK", R"({"blocks":{"indices":[1],"global":[[]]}})");
  REQUIRE(odd.look_at().verdict == succeeded);
  cluster.answers["/_cluster/health"] = "HTTP/1.1 200 OK\r\n\r\n" + std::string(2U << 20, ' ');
  REQUIRE(cluster.look_at() == Answer{failed, "its answer is longer than any of OpenSearch's"});
}

TEST_CASE("a user is sent as basic authentication", "[observer]") {
  std::string request;
  const ScriptedServer server([&](Peer& peer) {
    request = test::request_of(peer);
    peer.send(http_answer("403 Forbidden"));
  });
  const Answer answer =
      look(begin_opensearch,
           {.target = "http://" + server.target() + "/search/", .user = "ada", .secret = "pass"});
  REQUIRE(request.find("Authorization: Basic YWRhOnBhc3M=\r\n") != std::string::npos);
  REQUIRE(request.starts_with("GET /search/_cluster/health?"));
  REQUIRE(answer == Answer{failed, "user ada is not let in: 403 Forbidden"});
}

TEST_CASE("credentials are not in the words, though the peer echo them", "[observer]") {
  const ScriptedServer server([&](Peer& peer) {
    const std::string request = test::request_of(peer);
    peer.send(http_answer("500 Oops", request.substr(request.find("Authorization"))));
  });
  const Answer answer =
      look(begin_opensearch, {.target = "http://" + server.target(), .user = "ada", .secret = "pass"});
  REQUIRE(answer.said.find("Authorization: Basic ***") != std::string::npos);
}

TEST_CASE("a reason in an answer does not show a password that it would be cut in", "[observer]") {
  const std::string secret = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL";
  const std::string before(60, 'x');
  const std::string reason = R"({"error":{"reason":")" + before + secret + R"("}})";
  const ScriptedServer server(test::answers_with(http_answer("500 Oops", reason)));
  REQUIRE(look(begin_opensearch, {.target = "http://" + server.target(), .user = "ada", .secret = secret}) ==
          Answer{failed, "500 Oops: " + before + "***"});
}

TEST_CASE("an OpenSearch that says nothing is waited for by request", "[observer]") {
  const ScriptedServer server([](Peer& peer) { peer.wait_for_its_end(); });
  test::look_until_it_waits_for(begin_opensearch, {.target = "http://" + server.target()},
                                "the answer to GET /_cluster/health");
}

} // namespace
} // namespace holdfast::observer
