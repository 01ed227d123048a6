// The engine and the observer die at random times while the stack works.

#include "chaos/campaign.h"
#include "chaos/settings.h"
#include "stack/nothing_left.h"
#include "support/catch.h"

#include <cstdio>

using namespace holdfast::test;

TEST_CASE("kills at random times: nobody notices", "[kills]") {
  const std::uint64_t kills = setting("HOLDFAST_CHAOS_KILLS", 1000);
  const std::uint64_t seed = setting("HOLDFAST_CHAOS_SEED", 1);
  INFO("seed " << seed);
  const ChaosPlace place;
  {
    Campaign campaign(place, {.bytes_a_second = setting("HOLDFAST_CHAOS_RATE", 50'000'000), .seed = seed});
    campaign.kill(kills, 100);
    const CampaignCounts counts = campaign.end();
    std::printf("%s\n", counts.words().c_str());
    CHECK(counts.engines >= kills * 8 / 10);
    CHECK(counts.adopting > 0);
    CHECK(counts.deeds > 0);
  }
  CHECK(left_of(place.directory()) == "");
}

TEST_CASE("kills while logs are compressed: each line is there once", "[kills]") {
  const std::uint64_t kills = setting("HOLDFAST_CHAOS_COMPRESSIONS", 30);
  const std::uint64_t seed = setting("HOLDFAST_CHAOS_SEED", 1);
  INFO("seed " << seed);
  const ChaosPlace place;
  {
    // An engine compresses when it has lived for a second; slower writers leave it something to do it with.
    Campaign campaign(place, {.bytes_a_second = 10'000'000, .seed = seed, .most_between = 3'000'000});
    campaign.kill(kills, 10);
    const CampaignCounts counts = campaign.end();
    std::printf("%s\n", counts.words().c_str());
    CHECK(counts.compressed > kills / 2);
  }
  CHECK(left_of(place.directory()) == "");
}
