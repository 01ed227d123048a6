// config/examples/invenio-rdm with the presets that it uses: a valid stack, in the order that it is for.
#include "input.h"
#include "support/catch.h"

#include <algorithm>

using namespace holdfast;

namespace {

config::Loaded load_example(test::Input& input) {
  return input.load(test::contents(HOLDFAST_SOURCE_DIR "/config/examples/invenio-rdm/holdfast.yaml"));
}

const model::ServiceSpec& service_of(const model::StackSpec& stack, const std::string& name) {
  const auto found = std::ranges::find(stack.services, name, &model::ServiceSpec::name);
  REQUIRE(found != stack.services.end());
  return *found;
}

const model::Need& need_of(const model::StackSpec& stack, const std::string& of, const std::string& on) {
  const auto& needs = service_of(stack, of).needs;
  const auto found = std::ranges::find_if(
      needs, [&](const model::Need& need) { return stack.services.at(need.on.index).name == on; });
  CAPTURE(of, on);
  REQUIRE(found != needs.end());
  return *found;
}

} // namespace

TEST_CASE("example: a whole InvenioRDM has no mistakes") {
  test::Input input;
  const auto loaded = load_example(input);
  CAPTURE(test::rendered(loaded, input.path()));
  REQUIRE(loaded.stack);
  CHECK(loaded.diagnostics.empty());
}

TEST_CASE("example: consumers come back after the broker, and who dies of a lost database after that") {
  test::Input input;
  const auto loaded = load_example(input);
  REQUIRE(loaded.stack);
  for (const std::string name : {"worker", "beat", "jobs-beat"})
    CHECK(need_of(*loaded.stack, name, "rabbitmq").restart);
  CHECK(need_of(*loaded.stack, "jobs-beat", "postgresql").restart);
  for (const std::string name : {"api", "ui"})
    CHECK_FALSE(need_of(*loaded.stack, name, "rabbitmq").restart);
}

TEST_CASE("example: nginx is there from first to last, and nobody waits for it") {
  test::Input input;
  const auto loaded = load_example(input);
  REQUIRE(loaded.stack);
  CHECK(service_of(*loaded.stack, "nginx").needs.empty());
  for (const std::string name : {"api", "ui"})
    CHECK(need_of(*loaded.stack, name, "nginx").soft);
}

TEST_CASE("example: what a visitor needs is critical, what can wait is not") {
  test::Input input;
  const auto loaded = load_example(input);
  REQUIRE(loaded.stack);
  for (const std::string name : {"postgresql", "redis", "rabbitmq", "opensearch", "api", "ui", "nginx"})
    CHECK(service_of(*loaded.stack, name).critical);
  for (const std::string name : {"worker", "beat", "jobs-beat"})
    CHECK_FALSE(service_of(*loaded.stack, name).critical);
}

TEST_CASE("example: set-up and upgrade run when somebody says so") {
  test::Input input;
  const auto loaded = load_example(input);
  REQUIRE(loaded.stack);
  for (const std::string name : {"setup", "upgrade"})
    CHECK(service_of(*loaded.stack, name).task == model::TaskRun::on_command);
}
