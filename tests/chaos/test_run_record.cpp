// A run that is not alone notices it.

#include "chaos/run_record.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/scratch.h"

#include <algorithm>
#include <csignal>
#include <filesystem>

using namespace holdfast::test;

namespace {

/// The services of the two tests live in the test's own cgroup, so that both are the same run of one service.
Words service(const Scratch& scratch, const std::string& verb) {
  return {HOLDFAST_CHAOS_SERVICE, scratch.path(), verb};
}

/// The only record in a directory; throws where there is none.
std::string recorded_service(const Scratch& scratch) {
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path()))
    if (const std::string name = entry.path().filename().string(); !name.ends_with(".lock"))
      return name.substr(0, name.rfind('.'));
  throw std::runtime_error("no run has noted itself");
}

} // namespace

TEST_CASE("runs - one notes what it wrote and how it ended; the same one again is a violation", "[judge]") {
  const Scratch scratch;
  const Finished first = run_program(service(scratch, "job"));
  CHECK(first.code == 0);
  const auto runs = runs_of(scratch.path(), recorded_service(scratch));
  REQUIRE(runs.size() == 1);
  CHECK(runs.front().end == RunEnd::own);
  CHECK(runs.front().lines ==
        static_cast<std::uint64_t>(std::count(first.output.begin(), first.output.end(), '\n')));
  CHECK(contents(violations_file(scratch.path())).empty());

  CHECK(run_program(service(scratch, "job")).code != 0);
  CHECK(contents(violations_file(scratch.path())).find("was started twice") != std::string::npos);
}

TEST_CASE("runs - one beside another is a violation", "[judge]") {
  const Scratch scratch;
  const holdfast::Fd output = open_output(scratch / "output");
  Child first(service(scratch, "family"), output.get());
  REQUIRE(comes_true(10s, [&] { return !contents(scratch / "output").empty(); }));
  CHECK(run_program(service(scratch, "job")).code != 0);
  CHECK(contents(violations_file(scratch.path())).find("while another one lives") != std::string::npos);
  first.send(SIGTERM);
  CHECK(first.wait(10s) == 0);
}
