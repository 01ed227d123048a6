#include "engine/secret_reader.h"

#include "support/catch.h"

#include <boost/asio/executor_work_guard.hpp>
#include <latch>
#include <mutex>

using namespace holdfast;
using namespace std::chrono_literals;

namespace {

/// Secrets are the paths' own names; a file "hangs" waits until the disk answers.
struct Disk {
  std::latch answers{1};
  std::mutex mutex;
  std::map<std::string, int> reads;

  Result<std::string> read(const std::string& path) {
    {
      const std::lock_guard lock(mutex);
      ++reads[path];
    }
    if (path.starts_with("hangs")) answers.wait();
    return path;
  }
};

struct UnderTest {
  Disk disk;
  boost::asio::io_context loop;
  std::vector<std::string> got;
  engine::SecretReader reader{loop, [this](const std::string& path) { return disk.read(path); }};

  void ask(const std::string& path) {
    reader.read(path, [this](const Result<std::string>& secret) { got.push_back(secret.value()); });
  }
  void wait_for(std::size_t answers) {
    const auto work = boost::asio::make_work_guard(loop);
    loop.restart();
    while (got.size() < answers)
      REQUIRE(loop.run_one_for(20s) == 1);
  }
};

} // namespace

TEST_CASE("secret reader: a file that hangs is read once, however often it is asked for") {
  UnderTest test;
  for (int i = 0; i < 5; ++i)
    test.ask("hangs");
  test.ask("other");
  test.wait_for(1);
  CHECK(test.got == std::vector<std::string>{"other"});
  test.disk.answers.count_down();
  test.wait_for(6);
  CHECK(test.got.back() == "hangs");
  CHECK(test.disk.reads["hangs"] == 1);
  // And anew for the next question.
  test.ask("hangs");
  test.wait_for(7);
  CHECK(test.disk.reads["hangs"] == 2);
}

TEST_CASE("secret reader: those who have long given up waiting are let go") {
  UnderTest test;
  for (int i = 0; i < 10'000; ++i)
    test.ask("hangs");
  test.disk.answers.count_down();
  test.wait_for(256);
  CHECK(test.loop.poll() == 0);
  CHECK(test.got.size() == 256);
}
