#include "log_directory.h"

using namespace holdfast;
using namespace holdfast::archives;
using namespace holdfast::test;
using holdfast::wire::Compression;

namespace {

constexpr auto nothing = [] {};

struct File {
  explicit File(const LogDirectory& logs, const std::string& called) : path(logs.beside(called)) {
    fd = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    REQUIRE(fd.valid());
  }
  File(const LogDirectory& logs, const std::string& called, std::string_view text) : File(logs, called) {
    REQUIRE(::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] std::string text() const { return read_file(path, 1U << 28U).value(); }
  std::string path;
  Fd fd;
};

std::string ending(Compression compression) {
  return compression == Compression::zstd ? ".zst" : ".gz";
}

/// What no compression makes smaller.
std::string noise(std::size_t size) {
  std::string text(size, '\0');
  std::uint64_t state = 88172645463325252ULL;
  for (char& c : text) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    c = static_cast<char>(state);
  }
  return text;
}

Likeness likeness(const File& compressed, Compression compression, const File& plain) {
  const auto found = compare(compressed.fd.get(), compression, plain.fd.get(), nothing);
  REQUIRE(found);
  return found.value();
}

} // namespace

TEST_CASE("compression: what the usual programs unpack is what there was") {
  const LogDirectory logs;
  const auto compression = GENERATE(Compression::zstd, Compression::gzip);
  const auto text = GENERATE(std::string(), std::string("x"), lines(20'000), noise(3U << 20U),
                             std::string(5U << 20U, '\0'), noise(256U << 10U));
  const File plain(logs, "plain", text);
  const File packed(logs, "packed" + ending(compression));
  int signs = 0;
  REQUIRE(archives::compress(plain.fd.get(), packed.fd.get(), compression, [&] { ++signs; }));
  CHECK(signs >= static_cast<int>(text.size() >> 18U));
  const std::string program = compression == Compression::zstd ? "zstd" : "gzip";
  CHECK(run_program({program, "--test", packed.path}).failure().empty());
  const Finished unpacked = run_program({program, "--decompress", "--stdout", packed.path});
  CHECK(unpacked.code == 0);
  CHECK((unpacked.output == text));
  CHECK(likeness(packed, compression, plain) == Likeness::same);
}

TEST_CASE("compression: lines are found by zstdgrep and zgrep") {
  const LogDirectory logs;
  const auto compression = GENERATE(Compression::zstd, Compression::gzip);
  const File plain(logs, "plain", lines(5000));
  const File packed(logs, "packed" + ending(compression));
  REQUIRE(archives::compress(plain.fd.get(), packed.fd.get(), compression, nothing));
  const std::string grep = compression == Compression::zstd ? "zstdgrep" : "zgrep";
  CHECK(run_program({grep, "line 4711 of", packed.path}).output == "redis: line 4711 of 5000\n");
}

TEST_CASE("compression: one that breaks off anywhere is damaged") {
  const LogDirectory logs;
  const auto compression = GENERATE(Compression::zstd, Compression::gzip);
  const File plain(logs, "plain", lines(300));
  const File packed(logs, "packed");
  REQUIRE(archives::compress(plain.fd.get(), packed.fd.get(), compression, nothing));
  const std::string whole = packed.text();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const File cut(logs, "cut", whole.substr(0, size));
    INFO(size << " of " << whole.size());
    CHECK(likeness(cut, compression, plain) == Likeness::damaged);
  }
  std::string changed = whole;
  changed[whole.size() / 2] = static_cast<char>(changed[whole.size() / 2] ^ 1);
  CHECK(likeness(File(logs, "changed", changed), compression, plain) != Likeness::same);
  CHECK(likeness(File(logs, "noise", noise(1000)), compression, plain) == Likeness::damaged);
}

TEST_CASE("compression: a whole one of something else is another") {
  const LogDirectory logs;
  const auto compression = GENERATE(Compression::zstd, Compression::gzip);
  const std::string text = lines(100'000);
  const File packed(logs, "packed");
  REQUIRE(archives::compress(File(logs, "plain", text).fd.get(), packed.fd.get(), compression, nothing));
  for (const std::string& other : {text + "x", text.substr(0, text.size() - 1), std::string(), "x" + text})
    CHECK(likeness(packed, compression, File(logs, "other", other)) == Likeness::other);
}

TEST_CASE("compression: several streams in a row are one text") {
  const LogDirectory logs;
  const auto compression = GENERATE(Compression::zstd, Compression::gzip);
  const File first(logs, "first");
  const File second(logs, "second");
  const std::string text = lines(10'000);
  REQUIRE(archives::compress(File(logs, "a", text.substr(0, 1000)).fd.get(), first.fd.get(), compression,
                             nothing));
  REQUIRE(
      archives::compress(File(logs, "b", text.substr(1000)).fd.get(), second.fd.get(), compression, nothing));
  const File both(logs, "both", first.text() + second.text());
  CHECK(likeness(both, compression, File(logs, "plain", text)) == Likeness::same);
}

TEST_CASE("compression: the error of a disk is told with its number") {
  const LogDirectory logs;
  const auto compression = GENERATE(Compression::zstd, Compression::gzip);
  const File plain(logs, "plain", noise(1U << 20U));
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  const auto done = archives::compress(plain.fd.get(), full.get(), compression, nothing);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ENOSPC);
  const Fd directory(::open("/", O_RDONLY | O_CLOEXEC));
  const auto unread = archives::compress(directory.get(), File(logs, "to").fd.get(), compression, nothing);
  REQUIRE_FALSE(unread);
  CHECK(unread.error().code == EISDIR);
}
