#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::engine {

/// What is saved with each step beside the model's own state, so that all of it belongs together.
struct EngineFacts {
  std::uint64_t configuration = 0; ///< number of the kept configuration that the spec was made of
  std::uint64_t events = 0;        ///< number of the last event
  std::string commands;            ///< that were carried out last, as CommandMemory saves them
};

[[nodiscard]] std::string encode(const EngineFacts& facts);
[[nodiscard]] Result<EngineFacts> decode_engine_facts(std::string_view bytes);

} // namespace holdfast::engine
