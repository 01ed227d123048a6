#include "support/catch.h"
#include "wire/observer.h"

#include <cstring>

using namespace holdfast::wire;

namespace {

ProbeQuestion full_question() {
  return {.serial = 1ULL << 40,
          .key = "worker ready",
          .protocol = ProbeProtocol::celery,
          .target = "http://127.0.0.1:15672",
          .timeout = std::chrono::milliseconds(1500),
          .status = 204,
          .host = "repository.example.org",
          .headers = {{"X-Forwarded-Proto", "https"}},
          .body = "^ok$",
          .tls_name = "localhost",
          .tls_ca = "/etc/ssl/ca.pem",
          .user = "rdm",
          .secret = "\"'\n",
          .database = "rdm",
          .query = "select 1",
          .write = true,
          .vhost = "/rdm",
          .management = "http://127.0.0.1:15673",
          .queues = {"celery", "low"}};
}

std::string with_verdict(std::uint32_t verdict) {
  std::string packet = encode(ProbeReply{.serial = 7, .verdict = ProbeVerdict::failed, .said = "no"});
  std::memcpy(packet.data() + sizeof(std::uint64_t), &verdict, sizeof verdict);
  return packet;
}

} // namespace

TEST_CASE("observer: a question comes back as it was") {
  const auto read = decode_probe_question(encode(full_question()));
  REQUIRE(read);
  CHECK(read.value() == full_question());
}

TEST_CASE("observer: a question that is not of the closed form is refused") {
  const std::string good = encode(full_question());
  CHECK_FALSE(decode_probe_question(""));
  CHECK_FALSE(decode_probe_question("[]"));
  CHECK_FALSE(decode_probe_question(good.substr(0, good.size() - 1)));
  CHECK_FALSE(decode_probe_question(good.substr(0, good.size() - 1) + ",\"more\":1}"));
  std::string other = good;
  other.replace(other.find("\"celery\""), 8, "\"gopher\"");
  CHECK_FALSE(decode_probe_question(other));
  other = good;
  other.replace(other.find("{\"X-Forwarded-Proto\":\"https\"}"), 29, "{\"X-Forwarded-Proto\":3}");
  CHECK_FALSE(decode_probe_question(other));
}

TEST_CASE("observer: an answer comes back as it was, its words cut to fit") {
  const ProbeReply reply{.serial = 9, .verdict = ProbeVerdict::starting, .said = "LOADING"};
  const auto read = decode_probe_reply(encode(reply));
  REQUIRE(read);
  CHECK(read.value() == reply);
  const auto cut = decode_probe_reply(
      encode(ProbeReply{.serial = 1, .verdict = ProbeVerdict::failed, .said = std::string(5000, 'x')}));
  REQUIRE(cut);
  CHECK(cut.value().said.size() == longest_probe_words);
}

TEST_CASE("observer: an answer of any other form is refused") {
  const std::string good = encode(ProbeReply{.serial = 9, .verdict = ProbeVerdict::failed, .said = "no"});
  for (std::size_t length = 0; length < good.size(); ++length)
    CHECK_FALSE(decode_probe_reply(std::string_view(good).substr(0, length)));
  CHECK_FALSE(decode_probe_reply(good + "x"));
  CHECK_FALSE(decode_probe_reply(with_verdict(0)));
  CHECK_FALSE(decode_probe_reply(with_verdict(5)));
  CHECK(decode_probe_reply(with_verdict(4)));
  std::string too_long = encode(ProbeReply{.serial = 9, .verdict = ProbeVerdict::failed, .said = {}});
  too_long += std::string(longest_probe_words + 1, 'x');
  const auto length = static_cast<std::uint32_t>(longest_probe_words + 1);
  std::memcpy(too_long.data() + sizeof(std::uint64_t) + sizeof(std::uint32_t), &length, sizeof length);
  CHECK_FALSE(decode_probe_reply(too_long));
}
