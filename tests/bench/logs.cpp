// What it costs to bring what a service writes into its log: our capture, raw and with timestamps, beside a
// loop that does nothing but splice, and beside s6-log, svlogd, multilog and supervisord, for writes of
// 64 KiB, of 4 KiB, and of single lines of 120 bytes. All in turn, on one file system (TMPDIR's); the
// medians. CPU is the logger's alone, from before the first byte until it has slept after the last one; the
// ratio is to the loop. Peak memory, and how often the logger was woken in a second in which nothing was
// written. Fails only where the bytes are not in the files.
#include "base/fd.h"
#include "loggers.h"
#include "median.h"
#include "support/program.h"
#include "support/scratch.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace holdfast;
using namespace holdfast::bench;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error(what);
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// What the kernel tells of a process and all its threads.
struct Used {
  std::uint64_t cpu_ns = 0;
  std::uint64_t sleeps = 0; ///< times that it waited for something
};
Used used_by(pid_t pid) {
  Used used;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::uint64_t cpu = 0;
    std::ifstream(task.path() / "schedstat") >> cpu;
    used.cpu_ns += cpu;
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("voluntary_ctxt_switches:")) used.sleeps += std::stoull(line.substr(24));
  }
  return used;
}

double peak_mib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return static_cast<double>(std::stoull(line.substr(6))) / 1024;
  return 0;
}

std::uint64_t bytes_below(const std::string& directory) {
  std::uint64_t sum = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file()) sum += entry.file_size();
  return sum;
}

struct Load {
  const char* name;
  std::size_t size;    ///< of each write
  std::uint64_t bytes; ///< a whole number of writes
};

struct Measured {
  double cpu_per_gb = 0;
  double mb_per_second = 0;
  double peak_before_mib = 0;
  double peak_mib = 0;
  std::uint64_t idle_sleeps = 0;
};

/// A logger and who writes into it.
class Pair {
public:
  Pair(const Logger& logger, const Load& load) : load_(load) {
    const std::string fifo = scratch_ / "go";
    if (::mkfifo(fifo.c_str(), 0600) != 0 || ::mkfifo((fifo + ".back").c_str(), 0600) != 0) give_up("mkfifo");
    std::filesystem::create_directory(directory());
    const test::Words write = {HOLDFAST_BENCH_LOG_PART, "write", fifo, std::to_string(load.bytes),
                               std::to_string(load.size)};
    if (logger.words.empty())
      start_supervisor(write);
    else
      start_both(logger.words, write);
    go_ = Fd(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
    back_ = Fd(::open((fifo + ".back").c_str(), O_RDONLY | O_CLOEXEC));
    if (!go_.valid() || !back_.valid()) give_up("FIFO");
  }

  /// Writes once; `idle`: and then looks what happens while nothing is written.
  Measured run(bool idle) {
    Measured measured;
    const Used before = when_asleep();
    const std::uint64_t had = bytes_below(directory());
    measured.peak_before_mib = peak_mib(logger_->pid());
    const auto began = Clock::now();
    char done = 0;
    if (::write(go_.get(), "x", 1) != 1 || ::read(back_.get(), &done, 1) != 1) give_up("the writer is gone");
    measured.mb_per_second = static_cast<double>(load_.bytes) / 1e6 / seconds_since(began);
    const Used after = when_asleep();
    measured.cpu_per_gb =
        static_cast<double>(after.cpu_ns - before.cpu_ns) / static_cast<double>(load_.bytes);
    measured.peak_mib = peak_mib(logger_->pid());
    if (bytes_below(directory()) - had < load_.bytes) give_up("not all that was written is in the files");
    if (idle) {
      std::this_thread::sleep_for(1s);
      measured.idle_sleeps = used_by(logger_->pid()).sleeps - after.sleeps;
    }
    return measured;
  }

private:
  [[nodiscard]] std::string directory() const { return scratch_ / "log"; }

  void start_both(const test::Words& logger, const test::Words& write) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) give_up("pipe");
    pipe_ = Fd(ends[0]);
    const Fd write_end(ends[1]);
    ::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20); // as our own have; the same for all
    // A shell puts the pipe where loggers look for it.
    std::string command = "exec <&" + std::to_string(pipe_.get()) + ";exec";
    for (const std::string& word : logger) {
      const std::size_t at = word.find("%d");
      command +=
          " '" + (at == std::string::npos ? word : std::string(word).replace(at, 2, directory())) + "'";
    }
    if (logger[0] == "svlogd") std::ofstream(directory() + "/config") << "s0\nn0\n";
    const Fd errors = test::open_output(scratch_ / "errors");
    if (::fcntl(pipe_.get(), F_SETFD, 0) != 0) give_up("pipe");
    logger_.emplace(test::Words{"sh", "-c", command}, errors.get());
    ::fcntl(pipe_.get(), F_SETFD, FD_CLOEXEC);
    writer_.emplace(write, write_end.get(), errors.get());
  }

  void start_supervisor(const test::Words& write) {
    std::string command;
    for (const std::string& word : write)
      command += word + " ";
    std::ofstream(scratch_ / "supervisord.conf")
        << "[supervisord]\nnodaemon=true\nuser=root\nloglevel=error\nlogfile=/dev/null\nlogfile_maxbytes=0\n"
        << "pidfile=" << (scratch_ / "pid") << "\n[program:bench]\ncommand=" << command
        << "\nautorestart=false\nstdout_logfile=" << directory() << "/bench.log\nstdout_logfile_maxbytes=0\n";
    const Fd output = test::open_output(scratch_ / "errors");
    logger_.emplace(test::Words{"supervisord", "-n", "-c", scratch_ / "supervisord.conf"}, output.get());
  }

  /// What it has used when its pipe is empty and it does nothing more.
  [[nodiscard]] Used when_asleep() const {
    Used used = used_by(logger_->pid());
    for (auto since = Clock::now(); Clock::now() - since < 60ms;) {
      std::this_thread::sleep_for(10ms);
      int waiting = 0;
      if (pipe_.valid()) ::ioctl(pipe_.get(), FIONREAD, &waiting);
      const Used now = used_by(logger_->pid());
      // Who polls by the clock is never quite asleep.
      if (waiting > 0 || now.cpu_ns > used.cpu_ns + 2'000'000) since = Clock::now();
      used = now;
    }
    return used;
  }

  const Load load_;
  test::Scratch scratch_;
  Fd pipe_;
  Fd go_;
  Fd back_;
  std::optional<test::Child> logger_;
  std::optional<test::Child> writer_;
};

using Results = std::map<std::string, std::vector<Measured>>;

Results measure(const std::vector<Logger>& loggers, const Load& load, int rounds) {
  Results results;
  for (int round = 0; round < rounds; ++round)
    for (const Logger& logger : loggers) {
      Pair pair(logger, load);
      results[logger.name].push_back(pair.run(round == 0));
    }
  return results;
}

double best_stamping_peer(const std::vector<Logger>& loggers, const Results& results) {
  double best = 0;
  for (const Logger& logger : loggers) {
    if (!logger.stamps || logger.package.empty()) continue;
    const double cpu = median(results.at(logger.name), &Measured::cpu_per_gb);
    best = best == 0 ? cpu : std::min(best, cpu);
  }
  return best;
}

void print(const std::vector<Logger>& loggers, const Load& load, const Results& results) {
  const double loop = median(results.at(loggers[0].name), &Measured::cpu_per_gb);
  const double peer = best_stamping_peer(loggers, results);
  std::printf("\n%s\n%-18s %10s %8s %12s %8s %15s %14s\n", load.name, "", "CPU s/GB", "to loop",
              "to best peer", "MB/s", "peak MiB", "idle wake-ups");
  for (const Logger& logger : loggers) {
    const auto& all = results.at(logger.name);
    const double cpu = median(all, &Measured::cpu_per_gb);
    char to_peer[32] = "";
    if (logger.stamps && peer > 0) std::snprintf(to_peer, sizeof to_peer, "%.2f", cpu / peer);
    std::printf("%-18s %10.3f %8.2f %12s %8.0f %6.1f -> %5.1f %14llu\n", logger.name.c_str(), cpu, cpu / loop,
                to_peer, median(all, &Measured::mb_per_second), median(all, &Measured::peak_before_mib),
                median(all, &Measured::peak_mib), static_cast<unsigned long long>(all[0].idle_sleeps));
  }
  std::fflush(stdout);
}

/// Without those whose program is missing, or that are not wanted.
std::vector<Logger> chosen(bool with_peers) {
  std::vector<Logger> found;
  std::set<std::string> missing;
  for (Logger& logger : all_loggers()) {
    const std::string program = logger.words.empty() ? logger.name : logger.words[0];
    if (logger.package.empty() || (with_peers && is_installed(program)))
      found.push_back(std::move(logger));
    else if (with_peers)
      missing.insert(logger.package);
  }
  std::string command;
  for (const std::string& package : missing)
    command += " " + package;
  if (!missing.empty()) std::printf("missing, and left out: apt-get install%s\n", command.c_str());
  return found;
}

int compare(std::uint64_t megabytes, int rounds, bool with_peers) {
  const auto loggers = chosen(with_peers);
  constexpr std::size_t sizes[] = {64U << 10U, 4U << 10U, 120};
  const char* const names[] = {"writes of 64 KiB", "writes of 4 KiB", "single lines of 120 bytes"};
  for (std::size_t i = 0; i < 3; ++i) {
    const Load load{names[i], sizes[i], megabytes * 1000000 / sizes[i] * sizes[i]};
    print(loggers, load, measure(loggers, load, rounds));
  }
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app("What capturing logs costs, beside other loggers");
  std::uint64_t megabytes = 250;
  int rounds = 5;
  bool alone = false;
  app.add_option("--megabytes", megabytes, "written each time")->check(CLI::PositiveNumber);
  app.add_option("--rounds", rounds, "of each")->check(CLI::PositiveNumber);
  app.add_flag("--alone", alone, "without the other loggers");
  CLI11_PARSE(app, argc, argv);
  try {
    return compare(megabytes, rounds, !alone);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
