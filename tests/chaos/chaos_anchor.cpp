// holdfast-anchor for engines that die a thousand times a minute: the same code, but it never pauses before
// it starts the next one, takes one for hung sooner, and gives the next build other times.

#include "anchor/entry.h"

#include <chrono>

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  return holdfast::anchor::enter(argc, argv, {.pulse = 5s, .window = 0s, .trial = 5s, .take_over = 5s});
}
