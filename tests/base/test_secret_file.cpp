#include "base/secret_file.h"

#include "support/catch.h"
#include "support/scratch.h"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace holdfast;

namespace {

struct SecretFile {
  test::Scratch scratch;
  std::string path = scratch / "word";

  void write(const std::string& bytes, mode_t mode = 0600) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
  }
  [[nodiscard]] std::string read() const {
    const auto secret = read_secret_file(path);
    return secret ? secret.value()
                  : "refused: " + secret.error().what.substr(("secret_file " + path + ": ").size());
  }
};

} // namespace

TEST_CASE("secret file: one line, whose end does not count") {
  const SecretFile file;
  for (const char* bytes : {"correct horse", "correct horse\n", "correct horse\r\n"}) {
    file.write(bytes);
    CHECK(file.read() == "correct horse");
  }
  file.write(" blanks are part of it ");
  CHECK(file.read() == " blanks are part of it ");
  file.write("caf\xc3\xa9\n", 0640);
  CHECK(file.read() == "caf\xc3\xa9");
}

TEST_CASE("secret file: what is none is refused without showing it") {
  const SecretFile file;
  CHECK(file.read() == "refused: No such file or directory");
  file.write("");
  CHECK(file.read() == "refused: empty");
  file.write("\n");
  CHECK(file.read() == "refused: empty");
  file.write("one\ntwo\n");
  CHECK(file.read() == "refused: not one line of text");
  file.write(std::string("a\0b", 3));
  CHECK(file.read() == "refused: not one line of text");
  file.write("\xff\xfe");
  CHECK(file.read() == "refused: not one line of text");
  file.write(std::string(5000, 'x'));
  CHECK(file.read() == "refused: larger than 4096 bytes");
}

TEST_CASE("secret file: only for those who may know it") {
  const SecretFile file;
  for (const mode_t mode : {0644U, 0660U, 0601U, 04600U}) {
    file.write("word", mode);
    CHECK(file.read() == "refused: more may read or write it than should (chmod 0640 or 0600)");
  }
  file.write("word");
  REQUIRE(::chown(file.path.c_str(), 65534, 0) == 0);
  CHECK(file.read() == "refused: owned by user 65534, not by root or the user we run as");
}

TEST_CASE("secret file: neither a link nor what is no file, and nobody is waited for") {
  const SecretFile file;
  std::filesystem::create_symlink("/etc/passwd", file.path);
  CHECK(file.read() == "refused: a symbolic link");
  std::filesystem::remove(file.path);
  REQUIRE(::mkfifo(file.path.c_str(), 0600) == 0);
  CHECK(file.read() == "refused: not a regular file");
  std::filesystem::remove(file.path);
  std::filesystem::create_directory(file.path);
  CHECK(file.read() == "refused: not a regular file");
}
