// holdfast-anchor --engine PATH [ARGUMENT…]: holds the stack's processes and runs the engine with the
// arguments.

#include "anchor/anchor.h"

#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
  if (argc < 3 || std::strcmp(argv[1], "--engine") != 0) {
    std::fputs("usage: holdfast-anchor --engine PATH [ARGUMENT…]\n", stderr);
    return 2;
  }
  auto anchor = holdfast::anchor::Anchor::start({argv[2], {argv + 3, argv + argc}});
  if (anchor) return anchor.value().run();
  std::fprintf(stderr, "holdfast-anchor: %s\n", anchor.error().what.c_str());
  return holdfast::wire::cannot_start;
}
