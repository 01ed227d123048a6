#include "engine/pulse.h"

#include "support/catch.h"
#include "support/deadline.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("pulse: it moves with the loop, from its first turn on and at least each second") {
  boost::asio::io_context loop(1);
  wire::EngineLife life{};
  const engine::Pulse pulse(loop, life);
  CHECK(life.pulse == 0);
  loop.run_one();
  CHECK(life.pulse == 1);
  const auto begun = std::chrono::steady_clock::now();
  loop.run_one();
  loop.run_one();
  CHECK(life.pulse == 3);
  // Twice a second; the machine may be busy.
  CHECK(std::chrono::steady_clock::now() - begun >= 900ms);
}

TEST_CASE("pulse: it stands still while the loop does not turn") {
  boost::asio::io_context loop(1);
  wire::EngineLife life{};
  const engine::Pulse pulse(loop, life);
  loop.run_one();
  ::poll(nullptr, 0, 600);
  CHECK(life.pulse == 1);
}
