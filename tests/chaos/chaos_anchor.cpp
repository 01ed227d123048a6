// holdfast-anchor for engines that die a thousand times a minute: the same code, but it never pauses before
// it starts the next one, and takes one for hung sooner.

#include "anchor/anchor.h"

#include <chrono>
#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
  using namespace holdfast;
  if (argc < 3 || std::strcmp(argv[1], "--engine") != 0) return 2;
  anchor::Options options{argv[2], {argv + 3, argv + argc}};
  options.patience.window = Duration{};
  options.patience.pulse = std::chrono::seconds(5);
  auto anchor = anchor::Anchor::start(options);
  if (anchor) return anchor.value().run();
  std::fprintf(stderr, "chaos_anchor: %s\n", anchor.error().what.c_str());
  return wire::cannot_start;
}
