#include "linux/inheritance.h"

#include "spawning.h"

#include "support/catch.h"

#include <fstream>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

int set_oom_score(int score) {
  return std::ofstream("/proc/self/oom_score_adj") << score << std::flush ? 0 : 1;
}

std::string oom_score_of_child(int score, const Inheritance& inheritance) {
  SpawnRequest request = request_for({"cat", "/proc/self/oom_score_adj"});
  request.limits.oom_score = score;
  request.inheritance = &inheritance;
  return output_of(request).text;
}

} // namespace

TEST_CASE("inheritance: a signal that was ignored at the look is not ignored in a child") {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  const auto handler = ::signal(SIGUSR1, [](int) {});
  const Inheritance inheritance = Inheritance::look();
  CHECK((inheritance.ignored_signals() & signal_bit(SIGPIPE)) != 0);
  CHECK((inheritance.ignored_signals() & signal_bit(SIGUSR1)) == 0);
  CHECK((inheritance.ignored_signals() & signal_bit(SIGTERM)) == 0);
  SpawnRequest request = request_for({"cat", "/proc/self/status"});
  request.inheritance = &inheritance;
  const std::string status = output_of(request).text;
  ::signal(SIGPIPE, before);
  ::signal(SIGUSR1, handler);
  CHECK(field(status, "SigIgn:") == "0000000000000000");
  CHECK(field(status, "SigCgt:") == "0000000000000000");
}

TEST_CASE("inheritance: our own oom_score_adj is as it is now, and a child has the one it should have") {
  // In a child, since a score that was raised stays the lowest that can be set again without privileges.
  Child changing([] {
    if (set_oom_score(100) != 0) return 1;
    const Inheritance inheritance = Inheritance::look();
    if (!inheritance.has_oom_score("100") || inheritance.has_oom_score("10")) return 2;
    if (oom_score_of_child(100, inheritance) != "100\n") return 3;
    if (oom_score_of_child(200, inheritance) != "200\n") return 4;
    if (set_oom_score(150) != 0) return 5;
    if (!inheritance.has_oom_score("150") || inheritance.has_oom_score("100")) return 6;
    return oom_score_of_child(200, inheritance) == "200\n" ? 0 : 7;
  });
  const int status = changing.wait();
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
