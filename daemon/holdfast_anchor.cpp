// holdfast-anchor: holds the stack's processes and runs the engine (anchor/entry.h).

#include "anchor/entry.h"

int main(int argc, char** argv) {
  return holdfast::anchor::enter(argc, argv);
}
