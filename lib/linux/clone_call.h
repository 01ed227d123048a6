#pragma once
// clone3(2) with a stack of the child's own. glibc has no wrapper for it, and C++ cannot return from a call
// on a stack that has changed: a few lines of assembler for x86-64 and aarch64.

#include <cstddef>
#include <linux/sched.h>

extern "C" {

/// The child calls `body(argument)` on the stack that `args` names and exits with what it returns. The parent
/// gets the child's pid, or a negative errno.
long holdfast_clone3(clone_args* args, std::size_t size, int (*body)(void*), void* argument);
}
