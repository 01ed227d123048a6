// The test program's own operator new: that of a process that must not allocate aborts it.

#include "no_allocation.h"

#include <cstdlib>
#include <new>
#include <unistd.h>

namespace {

bool forbidden = false;

void* allocate(std::size_t size) {
  constexpr char complaint[] = "an allocation where none is allowed\n";
  if (forbidden && ::write(STDERR_FILENO, complaint, sizeof complaint - 1) >= 0) std::abort();
  return std::malloc(size);
}

void* allocate_or_throw(std::size_t size) {
  if (void* const memory = allocate(size)) return memory;
  throw std::bad_alloc();
}

} // namespace

void* operator new(std::size_t size) {
  return allocate_or_throw(size);
}
void* operator new[](std::size_t size) {
  return allocate_or_throw(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

void holdfast::test::forbid_allocation() {
  forbidden = true;
}
