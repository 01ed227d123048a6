#include "client/log_bytes.h"
#include "command.h"
#include "log_archives.h"

#include <sys/stat.h>

using namespace holdfast;
using namespace holdfast::client;
using namespace holdfast::test;

namespace {

struct ReadBytes {
  std::string text;
  std::string error;
};

/// To its end, so many bytes at a time.
ReadBytes bytes_of(LogBytes& bytes, std::size_t at_a_time) {
  ReadBytes read;
  std::string block(at_a_time, '\0');
  for (;;) {
    const auto n = bytes.read(block);
    if (!n) read.error = n.error().what;
    if (!n || n.value() == 0) return read;
    read.text.append(block, 0, n.value());
  }
}

ReadBytes bytes_in(Command& command, const std::string& contents, wire::Compression packing,
                   std::size_t at_a_time = 1000) {
  command.put("archive", contents);
  auto bytes = LogBytes::open(command.scratch / "archive", packing);
  REQUIRE(bytes.ok());
  return bytes_of(bytes.value(), at_a_time);
}

std::string numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += std::to_string(i) + "\n";
  return text;
}

} // namespace

TEST_CASE("compressed files are read as what was compressed, and again from the beginning") {
  Command command;
  const std::string text = numbers(200000);
  const std::pair<wire::Compression, std::string> packed[] = {{wire::Compression::none, text},
                                                              {wire::Compression::zstd, in_zstd(text)},
                                                              {wire::Compression::gzip, in_gzip(text)}};
  for (const auto& [packing, contents] : packed) {
    command.put("archive", contents);
    auto bytes = LogBytes::open(command.scratch / "archive", packing);
    REQUIRE(bytes.ok());
    std::string some(10, '\0');
    CHECK(bytes.value().read(some).value() == 10);
    REQUIRE(bytes.value().rewind().ok());
    const ReadBytes read = bytes_of(bytes.value(), 777);
    CHECK(read.error == "");
    CHECK((read.text == text));
    // Its end stays its end.
    CHECK(bytes.value().read(some).value() == 0);
  }
}

TEST_CASE("several streams in one compressed file are one, empty ones among them") {
  Command command;
  CHECK(bytes_in(command, in_zstd("a\n") + in_zstd("") + in_zstd("b\n"), wire::Compression::zstd).text ==
        "a\nb\n");
  CHECK(bytes_in(command, in_gzip("a\n") + in_gzip("") + in_gzip("b\n"), wire::Compression::gzip).text ==
        "a\nb\n");
  CHECK(bytes_in(command, in_zstd(""), wire::Compression::zstd).error == "");
  CHECK(bytes_in(command, in_gzip("a") + in_gzip("b"), wire::Compression::gzip, 1).text == "ab");
  CHECK(bytes_in(command, in_zstd("a") + in_zstd("b"), wire::Compression::zstd, 1).text == "ab");
}

TEST_CASE("what is damaged is said to be, behind what could be read") {
  Command command;
  const std::string text = numbers(200000);
  for (const auto& [packing, packed] : {std::pair(wire::Compression::zstd, in_zstd(text)),
                                        std::pair(wire::Compression::gzip, in_gzip(text))}) {
    ReadBytes read = bytes_in(command, packed.substr(0, packed.size() / 2), packing);
    CHECK(read.error == command.scratch / "archive" + " is damaged: its end is missing");
    CHECK((!read.text.empty() && text.starts_with(read.text)));
    std::string broken = packed;
    broken.replace(broken.size() / 2, 64, 64, '\xff');
    read = bytes_in(command, broken, packing);
    CHECK(read.error.find(command.scratch / "archive" + " is damaged (") == 0);
    CHECK(bytes_in(command, "no archive at all", packing).error.find("is damaged (") != std::string::npos);
    CHECK(bytes_in(command, "", packing).error.find("its end is missing") != std::string::npos);
  }
}

TEST_CASE("an archive that asks for more memory than is due is damaged") {
  Command command;
  // The header of a frame with a window of 2 GiB.
  const std::string header("\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00", 9);
  CHECK(bytes_in(command, header, wire::Compression::zstd).error.find("memory") != std::string::npos);
}

TEST_CASE("what is no regular file is not read") {
  Command command;
  REQUIRE(::mkfifo((command.scratch / "fifo").c_str(), 0600) == 0);
  CHECK_FALSE(LogBytes::open(command.scratch / "fifo", wire::Compression::none).ok());
  REQUIRE(::symlink("/etc/passwd", (command.scratch / "link").c_str()) == 0);
  CHECK_FALSE(LogBytes::open(command.scratch / "link", wire::Compression::zstd).ok());
}
