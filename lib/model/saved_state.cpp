#include "model/saved_state.h"

#include "model/archive.h"
#include "model/checksum.h"
#include "model/envelope.h"

namespace holdfast::model {
namespace {

constexpr Magic magic = "HFSTATE\n";

Error refused(std::string_view why) {
  return Error{"the saved state: " + std::string(why), 0};
}

} // namespace

Fingerprint fingerprint(const StackSpec& spec) {
  Writer writer;
  writer.put(spec);
  return {checksum(writer.take())};
}

std::string save(const Stack& stack, Fingerprint spec) {
  Writer writer(1024 + 256 * stack.services().size());
  writer.put_all(stack.services(), stack.state());
  return seal(magic, spec.value, writer.take());
}

std::string save(const Stack& stack) {
  return save(stack, fingerprint(stack.spec()));
}

Result<Stack> restore(std::string_view bytes, std::shared_ptr<const StackSpec> spec) {
  const auto opened = open_sealed(magic, bytes);
  if (!opened) return refused(opened.error().what);
  const auto& [tag, content, rest] = opened.value();
  if (!rest.empty()) return refused("something stands behind its end");
  if (Fingerprint{tag} != fingerprint(*spec)) return refused("it belongs to another configuration");
  Reader reader(content, places_in(*spec));
  StackImage image;
  reader.get(image);
  if (reader.flaw().empty() && !reader.at_end()) reader.fail("it is longer than what it holds");
  if (!reader.flaw().empty()) return refused(reader.flaw());
  if (const auto flaw = flaw_of(image, *spec); !flaw.empty()) return refused(flaw);
  return Stack(std::move(spec), std::move(image));
}

} // namespace holdfast::model
