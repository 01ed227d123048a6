#include "observer/protocols.h"

#include "observer/http_peer.h"
#include "observer/look.h"
#include "support/catch.h"

#include <atomic>
#include <random>

namespace holdfast::observer {
namespace {

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
    R"({"consumers":1,"messages_ready":2,"message_stats":{"ack":3}})",
    R"({"id":"abc12-3","hits":{"hits":[{"id":"abc12-3","is_draft":true,"metadata":{"title":"holdfast canary 0123456789abcdef"}}]}})",
};

class Chance {
public:
  explicit Chance(unsigned seed) : numbers_(seed) {}

  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(numbers_);
  }
  std::string bytes() {
    std::string all(below(600), '\0');
    for (char& byte : all)
      byte = static_cast<char>(below(256));
    return all;
  }
  std::string damaged(std::string text) {
    for (auto times = below(6); times > 0 && !text.empty(); --times) {
      const auto at = below(text.size());
      switch (below(4)) {
      case 0: text[at] = static_cast<char>(below(256)); break;
      case 1: text.erase(at, below(20)); break;
      case 2: text.insert(at, text.substr(below(text.size()), below(40))); break;
      default: text.insert(at, below(2) == 0 ? "null" : "[-1e999,{}]"); break;
      }
    }
    return text;
  }
  std::string answer() {
    const std::string sample = samples[below(std::size(samples))];
    constexpr const char* statuses[] = {"200 OK", "201 CREATED", "204 NO CONTENT", "404 NOT FOUND", "503 Oh"};
    switch (below(4)) {
    case 0: return bytes();
    case 1: return damaged(sample);
    case 2: return test::http_answer(statuses[below(std::size(statuses))], damaged(sample));
    default: return damaged(test::http_answer(statuses[below(std::size(statuses))], sample));
    }
  }

private:
  std::mt19937 numbers_;
};

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
        peer.send(chance.answer());
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
