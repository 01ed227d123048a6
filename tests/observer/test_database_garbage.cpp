#include "observer/chance.h"
#include "observer/look.h"
#include "observer/protocols.h"
#include "observer/scripted_server.h"
#include "support/catch.h"

namespace holdfast::test {
namespace {

using wire::ProbeProtocol;

/// Answers as they are, from which others are made, one after the other.
const std::string samples[] = {
    "+OK\r\n+PONG\r\n+OK\r\n",
    "-LOADING Redis is loading the dataset in memory\r\n",
    // No TLS; a question for a password in clear; let in; ready; a row; a refusal.
    std::string("NR\0\0\0\x8\0\0\0\x3", 10),
    std::string("NR\0\0\0\x8\0\0\0\0Z\0\0\0\x5I", 16),
    std::string("C\0\0\0\x5\0Z\0\0\0\x5I", 12),
    std::string("NE\0\0\0\x15SFATAL\0C57P03\0Mno\0\0", 23),
    // Connection.Start, Tune, Close.
    std::string("\x1\0\0\0\0\0\x1a\0\xa\0\xa\0\x9\0\0\0\0\0\0\0\x5PLAIN\0\0\0\x5"
                "en_US\xce",
                34),
    std::string("\x1\0\0\0\0\0\xc\0\xa\0\x1e\0\0\0\0\0\0\0\0\xce", 20),
    std::string("\x1\0\0\0\0\0\xd\0\xa\0\x32\0\0\x2no\0\0\0\0\xce", 21),
};

std::string answer(Chance& chance) {
  std::string all = chance.below(4) == 0 ? std::string(chance.below(200), '\0') : chance.one_of(samples);
  for (auto times = chance.below(4); times > 0 && !all.empty(); --times)
    all[chance.below(all.size())] = chance.byte();
  if (chance.below(4) == 0) all.resize(chance.below(all.size() + 1));
  return all;
}

} // namespace

TEST_CASE("whatever a database or a broker answers, there is an answer for the engine", "[observer]") {
  unsigned seed = 0;
  for (const ProbeProtocol protocol : {ProbeProtocol::postgresql, ProbeProtocol::redis, ProbeProtocol::amqp})
    for (int times = 0; times < 300; ++times) {
      ++seed;
      INFO("seed " << seed << ", " << wire::word(protocol));
      Chance chance(seed);
      const ScriptedServer server([&](Peer& peer) {
        for (auto answers = chance.below(6); answers > 0; --answers) {
          peer.receive(1);
          peer.send(answer(chance));
        }
      });
      wire::ProbeQuestion question{.protocol = protocol, .target = server.target()};
      if (seed % 2 == 0) question.user = "rdm";
      if (seed % 3 != 0) question.secret = "a secret";
      question.query = "select 1";
      question.write = true;
      const auto answer = look(observer::begin_of(protocol), question);
      CHECK(answer.said.find("a secret") == std::string::npos);
      CHECK_FALSE(answer.said.empty());
    }
}

} // namespace holdfast::test
