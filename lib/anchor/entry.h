#pragma once

#include "anchor/engine_life.h"

namespace holdfast::anchor {

/// The program: `--engine PATH [ARGUMENT…]` holds a stack and runs that engine with the arguments. Of an
/// upgrade: `--resume` with the same words goes on in place of the anchor that executed it, and `--try` says
/// with 0 whether this build and that engine could. Returns the exit code.
[[nodiscard]] int enter(int argc, char** argv, const Patience& patience = {});

} // namespace holdfast::anchor
