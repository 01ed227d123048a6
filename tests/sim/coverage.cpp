#include "coverage.h"

#include "model/words.h"

#include <cstdio>
#include <string_view>

namespace holdfast::sim {

using namespace model;

namespace {

constexpr std::array<std::string_view, rungs> rung_words = {
    "charged restart",
    "budget spent, failed",
    "stack restarted",
    "given up: not executable",
    "given up: budget",
    "given up: start bound",
    "given up: recover bound",
    "given up, stop",
    "given up, hold",
    "killed",
    "outlived its kill",
    "engine returned",
    "engine without state",
    "saved state refused",
    "rung not done",
    "ready known, state lost",
    "number known, state lost",
};

// What one step can make of a phase; phases that come and go within it are not seen. Each `x` has to be taken
// in a long run, and nothing else ever.
constexpr std::array<std::string_view, 9> legal = {
    //             down, waiting, starting, ready, unready, stopping, backoff, failed, done
    ".xxx.x..x", // down: what is found of it without a state may be ready or stopping
    "x.x.....x", // waiting
    "xx.xxxxxx", // starting
    "xxx.xxxx.", // ready
    "xxxx.xxx.", // unready
    "xxx...xxx", // stopping
    "xxx.....x", // backoff
    "xxx.....x", // failed
    "xxx......", // done
};

} // namespace

bool Coverage::is_legal(PhaseName from, PhaseName to) {
  return legal[raw(from)][raw(to)] == 'x';
}

void Coverage::add(const Coverage& other) {
  for (std::size_t from = 0; from < phases; ++from)
    for (std::size_t to = 0; to < phases; ++to)
      transitions_[from][to] += other.transitions_[from][to];
  for (std::size_t i = 0; i < rungs; ++i)
    rungs_[i] += other.rungs_[i];
}

std::vector<std::string> Coverage::never_taken() const {
  std::vector<std::string> never;
  for (std::size_t from = 0; from < phases; ++from)
    for (std::size_t to = 0; to < phases; ++to)
      if (legal[from][to] == 'x' && transitions_[from][to] == 0)
        never.push_back(std::string(word(static_cast<PhaseName>(from))) + " -> " +
                        std::string(word(static_cast<PhaseName>(to))));
  for (std::size_t i = 0; i < rungs; ++i)
    if (rungs_[i] == 0) never.emplace_back(rung_words[i]);
  return never;
}

std::string Coverage::table() const {
  std::string text;
  std::array<char, 64> line{};
  for (std::size_t from = 0; from < phases; ++from)
    for (std::size_t to = 0; to < phases; ++to) {
      if (transitions_[from][to] == 0) continue;
      std::snprintf(line.data(), line.size(), "%-8s -> %-8s %12llu\n",
                    std::string(word(static_cast<PhaseName>(from))).c_str(),
                    std::string(word(static_cast<PhaseName>(to))).c_str(),
                    static_cast<unsigned long long>(transitions_[from][to]));
      text += line.data();
    }
  for (std::size_t i = 0; i < rungs; ++i) {
    std::snprintf(line.data(), line.size(), "%-25s %10llu\n", std::string(rung_words[i]).c_str(),
                  static_cast<unsigned long long>(rungs_[i]));
    text += line.data();
  }
  return text;
}

} // namespace holdfast::sim
