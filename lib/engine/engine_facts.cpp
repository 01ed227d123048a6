#include "engine/engine_facts.h"

#include "model/archive.h"

namespace holdfast::engine {

std::string encode(const EngineFacts& facts) {
  model::Writer writer;
  writer.put_all(facts.configuration, facts.events, facts.commands);
  return writer.take();
}

Result<EngineFacts> decode_engine_facts(std::string_view bytes) {
  EngineFacts facts;
  model::Reader reader(bytes, model::anywhere);
  reader.get_all(facts.configuration, facts.events, facts.commands);
  if (reader.flaw().empty() && !reader.at_end()) reader.fail("something stands behind its end");
  if (!reader.flaw().empty()) return Error{"the engine's saved facts: " + std::string(reader.flaw()), 0};
  return facts;
}

} // namespace holdfast::engine
