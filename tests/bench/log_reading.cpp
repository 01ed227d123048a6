// How fast `holdfast logs --grep PATTERN SERVICE` goes through compressed archives beside zstdgrep: 500 MB of
// lines by default, compressed as zstd -3 does, both in turn, the medians and their ratio. Fails where both
// do not find the same.
#include "median.h"
#include "support/scratch.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>
#include <zstd.h>

using namespace holdfast;
using holdfast::bench::median;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int archives = 5;

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

/// One file after the other, of lines as a web server's, in the order of their times.
class Archives {
public:
  void make(const std::string& directory, std::uint64_t bytes_each) {
    for (int i = 0; i < archives; ++i) {
      const std::string day = "2026110" + std::to_string(i + 1);
      pack(text(bytes_each), directory + "/web.log-" + day + "T000000.000000Z.zst");
    }
  }

private:
  std::string text(std::uint64_t size) {
    static const std::vector<std::string> words = {"GET",   "POST",  "/api/records", "/api/files", "200",
                                                   "404",   "500",   "user",         "session",    "token",
                                                   "index", "query", "worker",       "task",       "celery",
                                                   "redis", "retry", "timeout",      "connected",  "closed"};
    std::string text;
    text.reserve(size + 200);
    while (text.size() < size) {
      micros_ += random_() % 20000;
      char head[64];
      const auto seconds = micros_ / 1000000;
      std::snprintf(head, sizeof head, "2026-10-%02uT%02u:%02u:%02u.%06uZ [%u]",
                    static_cast<unsigned>(1 + seconds / 86400 % 30),
                    static_cast<unsigned>(seconds / 3600 % 24), static_cast<unsigned>(seconds / 60 % 60),
                    static_cast<unsigned>(seconds % 60), static_cast<unsigned>(micros_ % 1000000),
                    static_cast<unsigned>(1000 + random_() % 40));
      text += head;
      for (int i = 0; i < 9; ++i)
        text += " " + words[random_() % words.size()];
      text += " id=" + std::to_string(random_() % 100000000);
      if (random_() % 2000 == 0) text += " PRECONDITION_FAILED";
      text += '\n';
    }
    return text;
  }

  static void pack(const std::string& text, const std::string& path) {
    std::string packed(::ZSTD_compressBound(text.size()), '\0');
    constexpr int level = 3;
    const std::size_t size = ::ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), level);
    if (::ZSTD_isError(size) != 0) give_up(::ZSTD_getErrorName(size));
    std::ofstream(path, std::ios::binary).write(packed.data(), static_cast<std::streamsize>(size));
  }

  std::mt19937_64 random_{7};
  std::uint64_t micros_ = 0;
};

struct Measured {
  double wall = 0;
  double cpu = 0;
  double peak_mib = 0;
};

/// Runs a command of the shell, whose output goes into a file.
Measured run(const std::string& command, const std::string& out) {
  const auto began = Clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || ::dup2(fd, STDOUT_FILENO) < 0) ::_exit(127);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  rusage used{};
  int status = 0;
  if (child < 0 || ::wait4(child, &status, 0, &used) != child) give_up("cannot run " + command);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {.wall = std::chrono::duration<double>(Clock::now() - began).count(),
          .cpu = seconds(used.ru_utime) + seconds(used.ru_stime),
          .peak_mib = static_cast<double>(used.ru_maxrss) / 1024};
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void compare(const std::string& directory, const std::string& pattern, int rounds) {
  const std::string peer = "zstdgrep -hE '" + pattern + "' " + directory + "/web.log-*.zst";
  const std::string own = std::string(HOLDFAST_BENCH_PROGRAM) + " logs --config " + directory +
                          "/holdfast.yaml --grep '" + pattern + "' web 2>/dev/null";
  std::vector<Measured> of_peer;
  std::vector<Measured> of_own;
  for (int round = 0; round < rounds; ++round) {
    of_peer.push_back(run(peer, directory + "/peer"));
    of_own.push_back(run(own, directory + "/own"));
  }
  const std::string found = contents(directory + "/own");
  if (found.empty() || found != contents(directory + "/peer")) give_up(pattern + ": not the same was found");
  const double wall = median(of_own, &Measured::wall) / median(of_peer, &Measured::wall);
  const double cpu = median(of_own, &Measured::cpu) / median(of_peer, &Measured::cpu);
  std::printf(
      "%-24s zstdgrep %.2f s (cpu %.2f s)  holdfast %.2f s (cpu %.2f s, %.0f MiB)  ratio %.2f (cpu %.2f)\n",
      pattern.c_str(), median(of_peer, &Measured::wall), median(of_peer, &Measured::cpu),
      median(of_own, &Measured::wall), median(of_own, &Measured::cpu), median(of_own, &Measured::peak_mib),
      wall, cpu);
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app("How fast logs are searched, beside zstdgrep");
  std::uint64_t megabytes = 500;
  int rounds = 5;
  app.add_option("--megabytes", megabytes, "of lines, before they are compressed");
  app.add_option("--rounds", rounds, "of each")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const test::Scratch scratch;
  Archives().make(scratch.path(), megabytes * 1000000 / archives);
  std::ofstream(scratch / "holdfast.yaml")
      << "stack: {name: bench, runtime: " << scratch.path() << ", state: " << scratch.path()
      << "}\nlogging: {directory: " << scratch.path() << "}\n";
  for (const char* pattern : {"PRECONDITION_FAILED", "timeout.*FAILED$", "id=77[0-9]+5$"})
    compare(scratch.path(), pattern, rounds);
  return 0;
}
