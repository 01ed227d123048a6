// A tidier that is killed before and after each of its system calls: at any moment each file is there whole,
// and whoever comes next ends what it began.

#include "log_directory.h"

#include <csignal>
#include <functional>
#include <map>
#include <sys/ptrace.h>
#include <sys/wait.h>

using namespace holdfast;
using namespace holdfast::archives;
using namespace holdfast::test;
using holdfast::wire::Compression;

namespace {

/// Runs `body` in a child and kills it at the stop of that number, from 1: before a system call, or after it.
/// False where it came to its end before.
bool killed_at(int stop, const std::function<void()>& body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    body();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSTOPPED(status));
  REQUIRE(::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0);
  for (int stops = 0;;) {
    REQUIRE(::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) == 0);
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (WIFEXITED(status)) return false;
    REQUIRE(WIFSTOPPED(status));
    if (WSTOPSIG(status) == (SIGTRAP | 0x80) && ++stops == stop) break;
  }
  REQUIRE(::kill(child, SIGKILL) == 0);
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  return true;
}

const std::string old = "old.log-19700101T000000.000000Z";
const std::string a = "a.log-20260101T000000.000000Z";
const std::string b = "b.log-20260102T000000.000000Z";
const std::string c = "c.log-20260103T000000.000000Z";

/// One to be removed, one to be compressed, one whose compressed twin is whole, one whose twin is not.
class CrashScene {
public:
  CrashScene() {
    logs.put(old, "old\n");
    for (const auto& [name, text] : texts)
      logs.put(name, text);
    static_cast<void>(elsewhere().tidy(orders()));
    logs.put(b + ".zst", packed(b));
    logs.put(c + ".zst", packed(c).substr(0, 30));
    logs.put(a + ".zst.tmp", "half");
  }

  void tidy() const {
    wire::ArchiveOrders wanted = orders();
    wanted.keep.age = std::chrono::hours(24 * 365 * 50);
    static_cast<void>(Tidier(logs.fd(), wanted, [](const wire::ArchiveTidings&) {}).run());
  }

  /// Under its plain name, or the compressed one, as a reader takes them.
  void each_is_there() const {
    for (const auto& [name, text] : texts) {
      INFO(name);
      if (std::filesystem::exists(logs.path(name)))
        CHECK(logs.text(name) == text);
      else
        CHECK(logs.text(name + ".zst") == packed(name));
    }
  }

  LogDirectory logs;
  const std::map<std::string, std::string> texts{
      {a, lines(50, "a")}, {b, lines(60, "b")}, {c, lines(70, "c")}};

private:
  const LogDirectory& elsewhere() {
    for (const auto& [name, text] : texts)
      elsewhere_.put(name, text);
    return elsewhere_;
  }
  [[nodiscard]] std::string packed(const std::string& name) const { return elsewhere_.text(name + ".zst"); }

  LogDirectory elsewhere_;
};

} // namespace

TEST_CASE("tidier: killed at each of its system calls") {
  constexpr int some = 50;
  int stop = 1;
  for (bool killed = true; killed; ++stop) {
    INFO("stop " << stop);
    const CrashScene scene;
    killed = killed_at(stop, [&] { scene.tidy(); });
    scene.each_is_there();
    // The next one may be killed too, with what it found to do.
    if (killed && killed_at(stop * 7 % 90 + 1, [&] { scene.tidy(); })) scene.each_is_there();
    scene.tidy();
    CHECK(scene.logs.names() == std::vector<std::string>{a + ".zst", b + ".zst", c + ".zst"});
    scene.each_is_there();
  }
  CHECK(stop > some); // it did something
}
