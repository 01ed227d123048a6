// The engine of a build that is not fit to take over. The file $HOLDFAST_CHAOS_BEHAVIOUR says how:
//   refuse | exit | hang            in its trial: with words, without, or without an end
//   exit-later | hang-later         it passes the trial as the real engine, $HOLDFAST_CHAOS_ENGINE, would,
//   and
//                                   then does not take over

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <unistd.h>

namespace {

[[noreturn]] void hang() {
  for (;;)
    ::pause();
}

} // namespace

int main(int argc, char** words) {
  const char* const file = std::getenv("HOLDFAST_CHAOS_BEHAVIOUR");
  char* const engine = std::getenv("HOLDFAST_CHAOS_ENGINE");
  if (file == nullptr || engine == nullptr) return 64;
  std::string behaviour;
  std::ifstream(file) >> behaviour;
  const bool is_trial = argc > 1 && std::string(words[1]) == "--try";
  if (is_trial && behaviour == "refuse") {
    std::fputs("a first line\nno engine for this stack\n", stderr);
    return 1;
  }
  if (is_trial && behaviour == "hang") hang();
  if (is_trial && behaviour == "exit") return 0;
  if (!is_trial && behaviour == "exit-later") return 3;
  if (!is_trial && behaviour == "hang-later") hang();
  ::execv(engine, words);
  std::perror(engine);
  return 65;
}
