// What kills at the n-th call is tried on a shell first.

#include "chaos/tracer.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/scratch.h"

#include <csignal>
#include <cstdlib>

using namespace holdfast::test;

namespace {

/// Of a shell that says "one" and "two" in two writes, and dies there.
struct TracedShell {
  explicit TracedShell(const Cut& cut) {
    const Scratch scratch;
    ::setenv("HOLDFAST_CHAOS_TRACER", (scratch / "tracer").c_str(), 1);
    ::setenv("HOLDFAST_CHAOS_ENGINE", "/bin/sh", 1);
    Tracer tracer(scratch / "tracer");
    tracer.cut_next(cut);
    // Its parent is not the process that traces it, as an anchor is not.
    finished = run_program(
        {"/bin/sh", "-c", HOLDFAST_CHAOS_TRACED_ENGINE " -c 'echo one; echo two' 2>/dev/null; echo $?"});
    traced = tracer.outcome();
  }

  Finished finished;
  Traced traced;
};

} // namespace

TEST_CASE("tracer - a program that makes fewer calls ends by itself", "[judge]") {
  const TracedShell shell({.call = 1'000'000});
  CHECK(shell.finished.output == "one\ntwo\n0\n");
  CHECK_FALSE(shell.traced.was_cut);
  CHECK(shell.traced.calls > 10);
}

TEST_CASE("tracer - the n-th call is made or is not made", "[judge]") {
  // What was said when it died before or after each call: "after" is what "before the next" is.
  std::string after_last;
  unsigned writes = 0;
  for (std::uint64_t call = 1;; ++call) {
    INFO("call " << call);
    const TracedShell before({.call = call, .before = true});
    const TracedShell after({.call = call, .before = false});
    if (!after.traced.was_cut) {
      CHECK(after.finished.output == "one\ntwo\n0\n"); // exit_group, which never returns
      break;
    }
    REQUIRE(before.traced.was_cut);
    CHECK(before.traced.calls == call);
    CHECK(before.finished.output == after_last + "137\n");
    const std::string said = after.finished.output.substr(0, after.finished.output.size() - 4);
    CHECK(after.finished.output == said + "137\n");
    writes += said != after_last ? 1U : 0U;
    after_last = said;
  }
  CHECK(after_last == "one\ntwo\n");
  CHECK(writes == 2);
}
