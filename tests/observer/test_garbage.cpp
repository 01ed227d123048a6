#include "observer/protocols.h"

#include "observer/chance.h"
#include "observer/http_peer.h"
#include "observer/look.h"
#include "support/catch.h"

#include <atomic>

namespace holdfast::observer {
namespace {

using test::Chance;
using test::Peer;
using test::ScriptedServer;
using wire::ProbeProtocol;

constexpr std::pair<ProbeProtocol, const char*> protocols[] = {
    {ProbeProtocol::tcp, ""},
    {ProbeProtocol::http, "http://"},
    {ProbeProtocol::opensearch, "http://"},
    {ProbeProtocol::uwsgi, ""},
    {ProbeProtocol::celery, "http://"},
    {ProbeProtocol::canary, "http://"},
    {ProbeProtocol::http, "https://"},
};

/// Answers as they are, from which others are made.
const std::string samples[] = {
    R"({"status":"yellow","unassigned_shards":34,"blocks":{"global":{"6":{"levels":["write"]}},"indices":{"a":{"12":{}}}}})",
    R"({"workers":[{"pid":9,"status":"busy","apps":[{"id":0}]}],"sockets":[{"queue":3,"max_queue":100}]})",
    R"({"consumers":1,"messages_ready":2,"messages_unacknowledged":1,"message_stats":{"ack":3}})",
    R"({"id":"abc12-3","hits":{"hits":[{"id":"abc12-3","is_draft":true,"metadata":{"title":"holdfast canary 0123456789abcdef"}}]}})",
};

std::string bytes(Chance& chance) {
  std::string all(chance.below(600), '\0');
  for (char& byte : all)
    byte = chance.byte();
  return all;
}

std::string damaged(Chance& chance, std::string text) {
  for (auto times = chance.below(6); times > 0 && !text.empty(); --times) {
    const auto at = chance.below(text.size());
    switch (chance.below(4)) {
    case 0: text[at] = chance.byte(); break;
    case 1: text.erase(at, chance.below(20)); break;
    case 2: text.insert(at, text.substr(chance.below(text.size()), chance.below(40))); break;
    default: text.insert(at, chance.below(2) == 0 ? "null" : "[-1e999,{}]"); break;
    }
  }
  return text;
}

std::string answer(Chance& chance) {
  constexpr const char* statuses[] = {"200 OK", "201 CREATED", "204 NO CONTENT", "404 NOT FOUND", "503 Oh"};
  const std::string& sample = chance.one_of(samples);
  switch (chance.below(4)) {
  case 0: return bytes(chance);
  case 1: return damaged(chance, sample);
  case 2: return test::http_answer(chance.one_of(statuses), damaged(chance, sample));
  default: return damaged(chance, test::http_answer(chance.one_of(statuses), sample));
  }
}

TEST_CASE("whatever a peer answers, there is an answer for the engine", "[observer]") {
  unsigned seed = 0;
  for (const auto& [protocol, scheme] : protocols)
    for (int i = 0; i < 150; ++i) {
      ++seed;
      INFO("seed " << seed << ", " << wire::word(protocol));
      const bool is_asked = scheme == std::string("http://");
      std::atomic<unsigned> connections = 0;
      const ScriptedServer server([&, seed](Peer& peer) {
        Chance chance(seed * 1000 + ++connections);
        if (is_asked && chance.below(2) == 0) test::request_of(peer);
        peer.send(answer(chance));
      });
      const wire::ProbeQuestion question{.key = "fuzz" + std::to_string(seed),
                                         .protocol = protocol,
                                         .target = scheme + server.target(),
                                         .timeout = std::chrono::milliseconds(200),
                                         .body = "a",
                                         .secret = "a secret",
                                         .queues = {"celery", "low"}};
      const Answer answer = test::look(begin_of(protocol), question);
      REQUIRE(answer.said.find("a secret") == std::string::npos);
      REQUIRE_FALSE(answer.said.empty());
    }
}

} // namespace
} // namespace holdfast::observer
