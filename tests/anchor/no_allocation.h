#pragma once

namespace holdfast::test {

/// From now on this process ends with SIGABRT where it allocates.
void forbid_allocation();

} // namespace holdfast::test
