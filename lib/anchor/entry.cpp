#include "anchor/entry.h"

#include "anchor/anchor.h"
#include "anchor/numbers.h"
#include "wire/anchor.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace holdfast::anchor {
namespace {

constexpr int usage = 2;

int refuse(const Error& error) {
  std::fprintf(stderr, "holdfast-anchor: %s\n", error.what.c_str());
  return wire::cannot_start;
}

/// The table is what we should have to read; whether the engine can read what is for it, it says itself. It
/// has what it would have as an engine, but for the socket.
int try_out(char** engine) {
  const auto table = wire::map_last_stop(table_fd);
  if (!table) return refuse(table.error());
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = table.value()->anchor.descriptor_limit;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  static_cast<void>(set_inherited(engine_program_fd, false));
  std::string how = try_word;
  std::vector<char*> words{engine[0], how.data()};
  for (char** word = engine + 1; *word != nullptr; ++word)
    words.push_back(*word);
  words.push_back(nullptr);
  ::execveat(engine_program_fd, "", words.data(), environ, AT_EMPTY_PATH);
  return refuse(system_error(engine[0], errno));
}

} // namespace

int enter(int argc, char** argv, const Patience& patience) {
  const std::string_view how = argc < 3 ? "" : argv[1];
  if (how == try_word) return try_out(argv + 2);
  if (how != begin_word && how != resume_word) {
    std::fputs("usage: holdfast-anchor --engine PATH [ARGUMENT…]\n", stderr);
    return usage;
  }
  const Options options{argv[2], {argv + 3, argv + argc}, patience};
  auto anchor = how == begin_word ? Anchor::start(options) : Anchor::resume(options);
  return anchor ? anchor.value().run() : refuse(anchor.error());
}

} // namespace holdfast::anchor
