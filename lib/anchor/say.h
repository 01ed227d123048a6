#pragma once

namespace holdfast::anchor {

/// One line on standard error, "holdfast: " before it and the newline behind it, at most 300 bytes. It is
/// lost where nobody reads it: what holds the stack waits for no reader of its messages, and allocates
/// nothing.
[[gnu::format(printf, 1, 2)]] void say(const char* format, ...);

} // namespace holdfast::anchor
