// The services of the chaos tests. Each run notes itself in DIRECTORY (run_record.h) under the service's name
// and the run's number, which it reads from its cgroup, and complains there where it is not alone.
// clang-format off
//   chaos_service DIRECTORY lines RATE    writes RATE bytes of numbered lines a second, 0: as fast as it can
//   chaos_service DIRECTORY notify        READY=1 after a moment
//   chaos_service DIRECTORY family        with two children, which end with it
//   chaos_service DIRECTORY mortal MOST   ends by itself within MOST milliseconds (0: never), in one of many ways, but not
//                                         while DIRECTORY/calm is there; also at SIGUSR1, even then
//   chaos_service DIRECTORY serve PORT    answers each connection with a line; sockets that it is given win
//   chaos_service DIRECTORY job           a task: writes some lines and ends well
//   chaos_service DIRECTORY probe         exit 0
// clang-format on
// All end in order at SIGTERM. All but probe write numbered lines, if few.

#include "chaos/numbered_line.h"
#include "chaos/run_record.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace holdfast::test;

volatile std::sig_atomic_t asked_to_end = 0;
volatile std::sig_atomic_t told_to_go = 0;

std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

[[noreturn]] void violate(const std::string& directory, const std::string& what) {
  const int fd = ::open(violations_file(directory).c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  const std::string line = what + "\n";
  ::_exit(::write(fd, line.data(), line.size()) > 0 ? 70 : 71);
}

struct Place {
  std::string service;
  std::uint64_t run = 0;
};

/// ".../stack/SERVICE/RUN".
Place place_of_this_process() {
  std::ifstream file("/proc/self/cgroup");
  std::string path;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("0::")) path = line;
  const std::size_t run = path.rfind('/');
  const std::size_t service = path.rfind('/', run - 1);
  return {.service = path.substr(service + 1, run - service - 1),
          .run = std::strtoull(path.c_str() + run + 1, nullptr, 10)};
}

class Run {
public:
  explicit Run(std::string directory) : directory_(std::move(directory)), place_(place_of_this_process()) {
    lock();
    record_ = make_record();
    record_->pid = ::getpid();
  }

  /// Writes so many numbered lines, whole, whatever signals come.
  void write_lines(std::uint64_t count) {
    batch_.clear();
    const std::uint64_t first = record_->lines + 1;
    for (std::uint64_t number = first; number < first + count; ++number) {
      append_line(batch_, place_.service, place_.run, number);
      batch_ += '\n';
    }
    write_batch();
    record_->lines += count;
  }

  /// Whole lines of at least so many bytes.
  std::size_t write_bytes(std::size_t least) {
    batch_.clear();
    std::uint64_t number = record_->lines;
    while (batch_.size() < least) {
      append_line(batch_, place_.service, place_.run, ++number);
      batch_ += '\n';
    }
    write_batch();
    record_->lines = number;
    return batch_.size();
  }

  void ended(RunEnd end) { record_->end = end; }

private:
  /// Held by every process of a run until the last is gone: a second run finds it held.
  void lock() {
    const std::string path = directory_ + "/" + place_.service + ".lock";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
      violate(directory_, place_.service + ": run " + std::to_string(place_.run) +
                              " was started while another one lives");
  }

  RunRecord* make_record() {
    const std::string path = directory_ + "/" + place_.service + "." + std::to_string(place_.run);
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno == EEXIST)
      violate(directory_, place_.service + ": run " + std::to_string(place_.run) + " was started twice");
    if (fd < 0 || ::ftruncate(fd, sizeof(RunRecord)) != 0) violate(directory_, path + ": cannot be made");
    void* const memory = ::mmap(nullptr, sizeof(RunRecord), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) violate(directory_, path + ": cannot be mapped");
    return static_cast<RunRecord*>(memory);
  }

  void write_batch() const {
    for (std::size_t done = 0; done < batch_.size();) {
      const ssize_t n = ::write(STDOUT_FILENO, batch_.data() + done, batch_.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) violate(directory_, place_.service + ": the log pipe is gone: " + std::strerror(errno));
      done += static_cast<std::size_t>(n);
    }
  }

  std::string directory_;
  Place place_;
  RunRecord* record_ = nullptr;
  std::string batch_;
};

/// Whole lines until it is asked to end; never more than a second behind.
void write_at_rate(Run& run, std::uint64_t bytes_a_second) {
  constexpr std::size_t block = 64U << 10U;
  constexpr std::int64_t second = 1'000'000'000;
  std::int64_t due = monotonic_ns();
  while (asked_to_end == 0) {
    const std::size_t least =
        bytes_a_second == 0 ? block : std::clamp<std::size_t>(bytes_a_second / 100, 1, block);
    const std::size_t written = run.write_bytes(least);
    if (bytes_a_second == 0) continue;
    due += static_cast<std::int64_t>(written) * second / static_cast<std::int64_t>(bytes_a_second);
    const std::int64_t now = monotonic_ns();
    due = std::max(due, now - second);
    if (due > now) ::poll(nullptr, 0, static_cast<int>((due - now) / 1'000'000));
  }
}

/// A line now and then, until it is asked to end or told to go, or `may_end` says so.
template <typename MayEnd>
void live_until(Run& run, MayEnd may_end) {
  while (asked_to_end == 0 && told_to_go == 0 && !may_end()) {
    run.write_lines(1);
    ::poll(nullptr, 0, 10);
  }
}

void live(Run& run) {
  live_until(run, [] { return false; });
}

void say_ready() {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) std::_Exit(65);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (::sendto(fd, "READY=1", 7, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    std::_Exit(66);
  ::close(fd);
}

void be_a_child() {
  // Without its parent nobody would end it but the end of the run.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;)
    ::pause();
}

void be_a_family(Run& run) {
  std::array<pid_t, 2> children{};
  for (pid_t& child : children)
    if ((child = ::fork()) == 0) be_a_child();
  live(run);
  for (const pid_t child : children) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
}

[[noreturn]] void die_somehow(Run& run, std::uint64_t chance) {
  run.ended(RunEnd::own);
  switch (chance % 4) {
  case 0: ::_exit(0);
  case 1: ::_exit(3);
  case 2: ::kill(::getpid(), SIGKILL); break;
  default: std::abort();
  }
  ::_exit(69);
}

[[noreturn]] void be_mortal(Run& run, const std::string& calm, std::int64_t most_ms) {
  const std::uint64_t chance = scattered(static_cast<std::uint64_t>(monotonic_ns()));
  const auto ms = static_cast<std::int64_t>(chance >> 8U) % std::max<std::int64_t>(most_ms, 1);
  const std::int64_t end = monotonic_ns() + ms * 1'000'000;
  live_until(run, [&] { return most_ms != 0 && monotonic_ns() >= end && ::access(calm.c_str(), F_OK) != 0; });
  if (asked_to_end == 0) die_somehow(run, chance);
  run.ended(RunEnd::asked);
  ::_exit(0);
}

/// Descriptor 3, where somebody bound it for us (sd_listen_fds(3)).
std::optional<int> inherited_socket() {
  const char* const count = std::getenv("LISTEN_FDS");
  const char* const pid = std::getenv("LISTEN_PID");
  if (count == nullptr || pid == nullptr) return std::nullopt;
  if (std::atoi(count) != 1 || std::atoi(pid) != ::getpid()) std::_Exit(67);
  return 3;
}

int own_socket(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 128) != 0)
    std::_Exit(68);
  return fd;
}

void serve(Run& run, int port) {
  const auto inherited = inherited_socket();
  const int listener = inherited ? *inherited : own_socket(port);
  run.write_lines(1);
  while (asked_to_end == 0) {
    pollfd wait{.fd = listener, .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, 1000) <= 0) continue;
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    // A client that is gone is its own affair.
    static_cast<void>(::send(client, "here\n", 5, MSG_NOSIGNAL));
    ::close(client);
  }
}

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { asked_to_end = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = [](int) { told_to_go = 1; };
  ::sigaction(SIGUSR1, &action, nullptr);
}

} // namespace

int main(int count, char** words) {
  if (count < 3) return 64;
  const std::string verb = words[2];
  const std::int64_t number = count > 3 ? std::atoll(words[3]) : 0;
  if (verb == "probe") return 0;
  catch_signals();
  Run run(words[1]);
  if (verb == "mortal") be_mortal(run, calm_file(words[1]), number);
  if (verb == "lines") write_at_rate(run, static_cast<std::uint64_t>(number));
  if (verb == "family") be_a_family(run);
  if (verb == "serve") serve(run, static_cast<int>(number));
  if (verb == "notify") {
    ::poll(nullptr, 0, 20);
    say_ready();
    live(run);
  }
  if (verb == "job") run.write_lines(20);
  run.write_lines(1);
  run.ended(verb == "job" ? RunEnd::own : RunEnd::asked);
  return 0;
}
