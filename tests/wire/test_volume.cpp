#include "support/catch.h"
#include "wire/volume.h"

using namespace holdfast::wire;

namespace {

const std::string id = "0123456789abcdef0123456789abcdef";

VolumeAnswer full_answer() {
  return {.state = VolumeState::read_only,
          .what = "/srv/\"db\" is read-only",
          .real_path = "/srv/db",
          .mount = 36,
          .device = 1ULL << 40,
          .marker = id,
          .file_system = "1c8f",
          .free_bytes = 1,
          .size_bytes = std::nullopt,
          .refused = "no"};
}

} // namespace

TEST_CASE("volume: questions and answers come back as they were") {
  const VolumeQuestion question{.adopt = true,
                                .path = "/srv/db",
                                .source = "LABEL=a b",
                                .type = "ext4",
                                .mounted = false,
                                .marker = ".m",
                                .known_marker = id,
                                .known_file_system = "1c8f",
                                .marker_begins = "00ff"};
  const auto asked = decode_volume_question(encode(question));
  REQUIRE(asked);
  CHECK(asked.value() == question);
  const auto answered = decode_volume_answer(encode(full_answer()) + "\n");
  REQUIRE(answered);
  CHECK(answered.value() == full_answer());
}

TEST_CASE("volume: what a marker is to begin with is digits, and leaves half of it to chance") {
  VolumeQuestion question;
  for (const char* begins : {"", "0123456789abcdef"}) {
    question.marker_begins = begins;
    CHECK(decode_volume_question(encode(question)));
  }
  for (const char* begins : {"0123456789abcdef0", "0123456789ABCDEF", "../x"}) {
    question.marker_begins = begins;
    CHECK_FALSE(decode_volume_question(encode(question)));
  }
}

TEST_CASE("volume: whatever is not an answer is refused") {
  std::string text = encode(full_answer());
  CHECK_FALSE(decode_volume_answer(""));
  CHECK_FALSE(decode_volume_answer(text + text));
  CHECK_FALSE(decode_volume_answer(text.substr(0, text.size() - 1)));
  CHECK_FALSE(decode_volume_answer("{\"state\":\"present\"}"));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    return other;
  };
  CHECK(decode_volume_answer(with("read-only", "missing")));
  CHECK_FALSE(decode_volume_answer(with("\"read-only\"", "\"gone\"")));
  CHECK_FALSE(decode_volume_answer(with("\"mount\":36", "\"mount\":-1")));
  CHECK_FALSE(decode_volume_answer(with(id, "../../etc/passwd")));
  CHECK_FALSE(decode_volume_answer(with("\"refused\"", "\"more\":1,\"refused\"")));
}

TEST_CASE("volume: words that are too long are cut, so that an answer always fits") {
  VolumeAnswer answer = full_answer();
  answer.what = answer.refused = std::string(100'000, 'x');
  CHECK(encode(answer).size() < longest_volume_answer);
}

TEST_CASE("volume: an id is 32 hexadecimal digits") {
  CHECK(is_marker_id(id));
  CHECK_FALSE(is_marker_id(id.substr(1)));
  CHECK_FALSE(is_marker_id(id + "0"));
  CHECK_FALSE(is_marker_id("0123456789ABCDEF0123456789abcdef"));
}
