// holdfast-anchor for the tests of upgrades: the same, but its times are the test's, and it is aborted where
// it allocates once it runs.

#include "anchor/anchor.h"
#include "anchor/entry.h"
#include "no_allocation.h"
#include "patience.h"

#include <string_view>
#include <unistd.h>

using namespace holdfast;

int main(int argc, char** argv) {
  const anchor::Patience patience = test::patience_from_environment();
  const std::string_view how = argc < 3 ? "" : argv[1];
  if (how != anchor::begin_word && how != anchor::resume_word) return anchor::enter(argc, argv, patience);
  const anchor::Options options{argv[2], {argv + 3, argv + argc}, patience};
  auto anchor = how == anchor::begin_word ? anchor::Anchor::start(options) : anchor::Anchor::resume(options);
  if (!anchor) return wire::cannot_start;
  test::forbid_allocation();
  // As the anchors that are forked: nothing of the sanitizers' comes after it.
  ::_exit(anchor.value().run());
}
