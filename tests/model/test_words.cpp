#include "model/words.h"
#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

TEST_CASE("words: each cause has some, each ends without a stray colon") {
  StackSpec spec = stack_of("db; web: db");
  spec.conditions = {{ConditionKind::host, "vm.max_map_count"}};
  World world(spec);
  world.boot();
  const std::string text = GENERATE("", "a text");
  for (int cause = static_cast<int>(Cause::none) + 1; cause < static_cast<int>(Cause::answers); ++cause) {
    Why why;
    why.cause = static_cast<Cause>(cause);
    why.other = world.id("db");
    why.text = text;
    const std::string said = words(world.stack(), why);
    INFO("cause " << cause);
    // A requirement's words are those of who looked.
    if (why.cause == Cause::requirement && text.empty()) continue;
    REQUIRE_FALSE(said.empty());
    CHECK(said.back() != ' ');
    CHECK(said.back() != ':');
  }
  CHECK(words(world.stack(), Why{}).empty());
  Why ready;
  ready.cause = Cause::answers;
  CHECK(words(world.stack(), ready).empty());
}

TEST_CASE("words: exits") {
  CHECK(words(ExitStatus{.code = 3, .signal = 0}) == "exit code 3");
  CHECK(words(ExitStatus{.code = 0, .signal = 9}) == "ended by SIGKILL");
}

TEST_CASE("words: each phase and verdict has its own") {
  std::set<std::string> seen;
  for (int name = 0; name <= static_cast<int>(PhaseName::done); ++name)
    seen.insert(std::string(word(static_cast<PhaseName>(name))));
  CHECK(seen.size() == 9);
  CHECK(seen.count("") == 0);
  std::set<std::string> verdicts;
  for (int name = 0; name <= static_cast<int>(Verdict::failed); ++name)
    verdicts.insert(std::string(word(static_cast<Verdict>(name))));
  CHECK(verdicts.size() == 7);
  CHECK(verdicts.count("") == 0);
}

TEST_CASE("words: what waits for one that is about to stop says so") {
  StackSpec spec = stack_of("db; web: db; late: db");
  in(spec, "late").program.requirements = {{.file = "/x", .owner = {}}};
  World world(spec);
  world.missing["late"] = "/x is missing";
  world.deaf = {"web"};
  world.boot();
  world.restart({"db"});
  CHECK(world.why("late") == "needs db, which is to stop");
}
