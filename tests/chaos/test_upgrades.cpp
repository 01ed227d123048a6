// Another build takes the place of the one that holds the stack, or does not, while the stack works.

#include "chaos/campaign.h"
#include "chaos/installation.h"
#include "chaos/judged_stack.h"
#include "chaos/settings.h"
#include "stack/nothing_left.h"
#include "support/catch.h"
#include "support/has.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

using namespace holdfast::test;

namespace {

/// A busy stack of an installation in which the next build lies.
struct UpgradedStack {
  UpgradedStack()
      : judged(installation.engine(), [this](const ChaosPlace& place) {
          behaviour = place.directory() / "behaviour";
          ::setenv("HOLDFAST_CHAOS_BEHAVIOUR", behaviour.c_str(), 1);
          ::setenv("HOLDFAST_CHAOS_ENGINE", present_engine().c_str(), 1);
        }) {}

  void install_misbehaving(const std::string& how) {
    judged.place().directory().write("behaviour", how + "\n");
    installation.put_engine(misbehaving_engine());
  }
  [[nodiscard]] Finished upgrade() { return judged.stack().running().command({"upgrade"}); }
  [[nodiscard]] std::string version() {
    const Finished said = judged.stack().running().command({"version"});
    return said.output.substr(said.output.find("daemon ") + 7);
  }
  /// What is left to be said when nothing was changed.
  void goes_on(std::uint32_t number) {
    CHECK(judged.watch().number() == number);
    judged.do_each();
    judged.judge();
    // And an upgrade that can be made is made.
    installation.put_anchor(HOLDFAST_CHAOS_ANCHOR);
    installation.put_engine(next_engine());
    const Finished done = upgrade();
    CHECK(done.failure() == "");
    CHECK(has(done.output, std::string("this is version ") + next_version));
    judged.judge();
    CHECK(judged.end() == "");
  }

  Installation installation;
  std::string behaviour;
  JudgedStack judged;
};

} // namespace

TEST_CASE("upgrades from one version to another and back: nobody notices", "[upgrades]") {
  const std::uint64_t upgrades = setting("HOLDFAST_CHAOS_UPGRADES", 100);
  const std::uint64_t seed = setting("HOLDFAST_CHAOS_SEED", 1);
  INFO("seed " << seed);
  const Installation installation;
  const ChaosPlace place;
  {
    Campaign campaign(place, {.bytes_a_second = setting("HOLDFAST_CHAOS_RATE", 50'000'000),
                              .seed = seed,
                              .engine = installation.engine()});
    campaign.upgrade(installation, upgrades, 20);
    const CampaignCounts counts = campaign.end();
    std::printf("%s\n", counts.words().c_str());
    CHECK(counts.upgrades == upgrades);
    CHECK(counts.deeds > 0);
  }
  CHECK(left_of(place.directory()) == "");
}

TEST_CASE("the state of a release is read by the next one, and not by the one before it", "[upgrades]") {
  UpgradedStack stack;
  const pid_t anchor = stack.judged.stack().running().pid();
  CHECK(stack.judged.stack().running().command({"stop", "family"}).failure() == "");
  stack.installation.put_engine(engine_of_next_format());
  const Finished done = stack.upgrade();
  CHECK(done.failure() == "");
  CHECK(has(stack.version(), version_of_next_format));
  CHECK(stack.judged.stack().running().pid() == anchor);
  // What an operator asked for goes on to be asked for.
  CHECK(entry_of(stack.judged.stack().status(), "family").phase == "down");
  // It comes back to what it wrote itself.
  const std::uint32_t number = stack.judged.watch().wait_adopted();
  REQUIRE(stack.judged.watch().send(SIGKILL));
  stack.judged.watch().wait_adopted(number + 1);
  CHECK(entry_of(stack.judged.stack().status(), "family").phase == "down");
  stack.installation.put_engine(present_engine());
  const Finished refused = stack.upgrade();
  CHECK(refused.code == 1);
  CHECK(has(refused.output, "the next build did not pass its trial: exit code 1"));
  CHECK(has(refused.output, "this build reads"));
  CHECK(has(refused.output, "nothing was changed"));
  CHECK(has(stack.version(), version_of_next_format));
  CHECK(stack.judged.stack().running().command({"start", "family"}).failure() == "");
}

TEST_CASE("a build that does not pass its trial changes nothing", "[upgrades]") {
  UpgradedStack stack;
  const std::uint32_t number = stack.judged.watch().wait_adopted();
  std::string why;
  SECTION("its engine refuses") {
    stack.install_misbehaving("refuse");
    why = "did not pass its trial: exit code 1 (no engine for this stack)";
  }
  SECTION("its engine exits at once") {
    stack.install_misbehaving("exit");
    why = "did not pass its trial: exit code 0";
  }
  SECTION("its engine hangs") {
    stack.install_misbehaving("hang");
    why = "was not ready in time";
  }
  SECTION("its anchor exits at once") {
    stack.installation.put_anchor("/bin/true");
    why = "did not pass its trial: exit code 0";
  }
  SECTION("its anchor is not executable") {
    std::filesystem::remove(stack.installation.anchor());
    why = "holdfast-anchor: No such file or directory";
  }
  const Finished refused = stack.upgrade();
  CHECK(refused.code == 1);
  CHECK(has(refused.output, why));
  CHECK(has(refused.output, "nothing was changed"));
  stack.goes_on(number);
}

TEST_CASE("a build whose engine does not take over makes way for the former one", "[upgrades]") {
  UpgradedStack stack;
  const std::uint32_t number = stack.judged.watch().wait_adopted();
  std::uint32_t engines = 0;
  SECTION("it exits at once") {
    stack.install_misbehaving("exit-later");
    engines = 2;
  }
  SECTION("it hangs") {
    stack.install_misbehaving("hang-later");
    engines = 1;
  }
  const std::string before = stack.version();
  const Finished refused = stack.upgrade();
  CHECK(refused.code == 1);
  CHECK(has(refused.output, "no engine of the next build took over"));
  CHECK(stack.judged.watch().wait_adopted(number + engines + 1) == number + engines + 1);
  CHECK(stack.version() == before);
  stack.goes_on(number + engines + 1);
}
