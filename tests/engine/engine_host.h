#pragma once

#include "model/spec.h"

#include <string>

namespace holdfast::test {

/// As daemon/holdfast_engine.cpp, without a configuration file and a control socket: tells what happens in
/// DIRECTORY/told and takes commands at the datagram socket DIRECTORY/ask. `reloaded`: what a reload finds.
[[noreturn]] void be_the_engine(const model::StackSpec& spec, const model::StackSpec& reloaded,
                                const std::string& directory, const std::string& cgroup);

} // namespace holdfast::test
