// An engine that does what a test tells it, one command a packet on its standard input, each answered by one
// packet. Of several engines, each command is heard by the one that lives then.
//   spawn exit CODE | spawn pause | spawn stubborn | spawn orphan
//                 a child whose parent is the anchor; answers its pid. `stubborn` ignores SIGTERM; `orphan`
//                 is a grandchild that pauses and whose parent, a child of ours, has ended
//   pause CGROUP  as `spawn pause`, born in a cgroup; `stubborn CGROUP` likewise
//   tell FILE CGROUP   likewise; at SIGTERM it appends its pid to FILE and exits
//   hear          waits for a record: "exited PID CODE STATUS", "signalled NUMBER",
//                 "not-upgraded CODE STATUS"; "nothing" after 10 s
//   peek          as hear, without waiting
//   reap PID | finish CODE | hold FD-PATH SLOT (which it locks) | garbage SIZE | kind NUMBER | double
//   drop SLOT | took SIGNAL
//   offset SLOT | seek SLOT OFFSET   of the file that is held there: its place, "closed" where it is not open
//   flood         children of ours send records without end, and outlive us
//   crowd COUNT   as many records that mean nothing, at once
//   life          of the shared table: NUMBER DISTRUSTS-STATE LOST-CODE LOST-STATUS
//   adopt         it is complete
//   beat MS       the pulse moves now and from now on
//   pid           ours
//   descriptors   the numbers that are open, in order
//   limit         the soft RLIMIT_NOFILE
//   row INDEX PID RANK SIGNAL WAIT-MS LEAF | stack CGROUP
//   notify TEXT   a datagram for the service manager
//   environment   ours, a variable a line
//   signals       the lines of /proc/self/status on signals
//   close | exit CODE | die
//   next ANCHOR ENGINE   holds the two programs
//   upgrade FILE  asks for them, with FILE for the trial's words; nothing is answered
//   upgraded      of the shared table: what came of the last upgrade; upgraded NUMBER: from now on
//   adopted       of the shared table
//   layout NUMBER
// Executed with `--try` it does what the file $HOLDFAST_TEST_TRIAL says, and ends well where there is none:
//   exit CODE TEXT    says the text on standard output
//   silent            ends with 0 and has not said that it passed
//   wait FIFO CODE    exits when somebody has opened and closed the other end
//   fork              leaves a child that lives on
//   lock-out PATH     makes the file one that cannot be executed
//   report            says its signals, its limit and its descriptors
//   die
// It adds its pid to the file $HOLDFAST_TEST_TRIED first, and so does the child.

#include "wire/anchor.h"
#include "wire/held.h"
#include "wire/last_stop.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sched.h>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace holdfast;

constexpr int test_socket = STDIN_FILENO;

/// As fork, but the new process is the anchor's child. 0 in it. It has none of our sockets, as a program that
/// was executed would have none.
pid_t clone_sibling() {
  const long pid = ::syscall(SYS_clone, CLONE_PARENT, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0)
    for (const int fd : {wire::engine_socket_fd, wire::engine_last_stop_fd, test_socket})
      ::close(fd);
  return static_cast<pid_t>(pid);
}

[[noreturn]] void pause_for_ever() {
  for (;;)
    ::pause();
}

void enter(const std::string& cgroup) {
  if (!cgroup.empty()) std::ofstream(cgroup + "/cgroup.procs") << ::getpid() << std::flush;
}

std::string told_file;

void tell(int) {
  const int fd = ::open(told_file.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600);
  const std::string line = std::to_string(::getpid()) + "\n";
  ::_exit(::write(fd, line.data(), line.size()) < 0 ? 1 : 0);
}

/// Answers when the child is where and how it is to be: it says so through a pipe.
template <typename Body>
std::string settled_child(const std::string& cgroup, Body body) {
  int ends[2];
  if (::pipe(ends) != 0) return "error";
  const pid_t pid = clone_sibling();
  if (pid == 0) {
    enter(cgroup);
    body();
    if (::write(ends[1], "x", 1) != 1) ::_exit(1);
    pause_for_ever();
  }
  char byte = 0;
  const bool settled = ::read(ends[0], &byte, 1) == 1;
  ::close(ends[0]);
  ::close(ends[1]);
  return settled ? std::to_string(pid) : "error";
}

std::string spawn_exit(int code) {
  const pid_t pid = clone_sibling();
  if (pid == 0) ::_exit(code);
  return std::to_string(pid);
}

std::string spawn_orphan() {
  int ends[2];
  if (::pipe(ends) != 0) return "error";
  const pid_t parent = ::fork();
  if (parent == 0) {
    const pid_t orphan = ::fork();
    if (orphan == 0) pause_for_ever();
    ::_exit(::write(ends[1], &orphan, sizeof orphan) == sizeof orphan ? 0 : 1);
  }
  pid_t orphan = 0;
  if (::read(ends[0], &orphan, sizeof orphan) != sizeof orphan) return "error";
  ::waitpid(parent, nullptr, 0);
  return std::to_string(orphan);
}

std::string spawn(std::istringstream& words) {
  std::string how;
  words >> how;
  int code = 0;
  if (how == "exit" && words >> code) return spawn_exit(code);
  if (how == "orphan") return spawn_orphan();
  if (how == "stubborn") return settled_child("", [] { ::signal(SIGTERM, SIG_IGN); });
  return settled_child("", [] {});
}

std::string describe(const wire::AnchorRecord& heard) {
  const std::string status = std::to_string(heard.status);
  switch (heard.kind) {
  case wire::FromAnchor::signalled: return "signalled " + status;
  case wire::FromAnchor::not_upgraded: return "not-upgraded " + std::to_string(heard.code) + " " + status;
  case wire::FromAnchor::exited: break;
  }
  return "exited " + std::to_string(heard.pid) + " " + std::to_string(heard.code) + " " + status;
}

std::string hear(int timeout) {
  pollfd entry{wire::engine_socket_fd, POLLIN, 0};
  ::poll(&entry, 1, timeout);
  const auto record = wire::receive_from_anchor(wire::engine_socket_fd);
  if (!record) return "error " + record.error().what;
  return record.value() ? describe(*record.value()) : "nothing";
}

std::string send(wire::ToAnchor kind, int value) {
  return wire::send_record(wire::engine_socket_fd, wire::EngineRecord{kind, value}) ? "sent" : "error";
}

std::string hold(const std::string& path, std::int32_t slot) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return "error";
  const wire::EngineRecord record{wire::ToAnchor::hold, slot};
  return wire::send_record(wire::engine_socket_fd, record, fd) ? "sent" : "error";
}

bool hold_program(const std::string& path, std::int32_t slot) {
  const int fd = ::open(path.c_str(), O_PATH | O_CLOEXEC);
  const wire::EngineRecord record{wire::ToAnchor::hold, slot};
  const bool sent = fd >= 0 && wire::send_record(wire::engine_socket_fd, record, fd);
  ::close(fd);
  return sent;
}

std::string hold_next(std::istringstream& words) {
  std::string anchor;
  std::string engine;
  words >> anchor >> engine;
  const bool sent =
      hold_program(anchor, wire::next_anchor_slot) && hold_program(engine, wire::next_engine_slot);
  return sent ? "sent" : "error";
}

/// Nothing that we said then would be sure to be said.
std::string upgrade(const std::string& output) {
  const int fd = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const wire::EngineRecord record{wire::ToAnchor::upgrade, 0};
  static_cast<void>(wire::send_record(wire::engine_socket_fd, record, fd));
  ::close(fd);
  return "";
}

std::string send_garbage(std::size_t size) {
  const std::string bytes(size, 'x');
  return ::send(wire::engine_socket_fd, bytes.data(), size, MSG_NOSIGNAL) >= 0 ? "sent" : "error";
}

/// A record that brings two descriptors, where the protocol knows of one.
std::string send_double() {
  wire::EngineRecord record{wire::ToAnchor::hold, 0};
  iovec part{&record, sizeof record};
  const int both[2] = {0, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof both)]{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof both);
  std::memcpy(CMSG_DATA(header), both, sizeof both);
  return ::sendmsg(wire::engine_socket_fd, &message, MSG_NOSIGNAL) >= 0 ? "sent" : "error";
}

wire::LastStopTable& table() {
  static wire::LastStopTable* const mapped = wire::map_last_stop(wire::engine_last_stop_fd).value();
  return *mapped;
}

std::string fill_row(std::istringstream& words) {
  std::size_t index = 0;
  int pid = 0;
  std::string leaf;
  words >> index >> pid;
  wire::LastStopRow& row = table().rows.at(index);
  words >> row.rank >> row.signal >> row.wait_ms >> leaf;
  leaf.copy(row.leaf.data(), row.leaf.size() - 1);
  row.pid = pid;
  row.in_use = 1;
  return "done";
}

std::string signals() {
  std::ifstream status("/proc/self/status");
  std::string lines;
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("SigBlk") || line.starts_with("SigIgn")) lines += line + "\n";
  return lines;
}

std::string notify(std::string_view command) {
  command.remove_prefix(std::strlen("notify "));
  return wire::send_notice(wire::engine_socket_fd, command) ? "sent" : "error";
}

std::string environment() {
  std::string lines;
  for (char** variable = environ; *variable != nullptr; ++variable)
    lines.append(*variable).append("\n");
  return lines;
}

std::string place_of(std::int32_t slot) {
  const off_t offset = ::lseek(wire::held_fd(slot), 0, SEEK_CUR);
  return offset < 0 ? "closed" : std::to_string(offset);
}

constexpr wire::EngineRecord means_nothing{wire::ToAnchor::reap, 0};

std::string flood() {
  for (int i = 0; i < 4; ++i) {
    if (::fork() != 0) continue;
    while (wire::send_record(wire::engine_socket_fd, means_nothing)) {
    }
    ::_exit(0);
  }
  return "done";
}

/// More than the socket would take by itself.
std::string crowd(int count) {
  const int bytes = 1 << 24;
  ::setsockopt(wire::engine_socket_fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
  for (int i = 0; i < count; ++i)
    if (!wire::send_record(wire::engine_socket_fd, means_nothing)) return "error";
  return "done";
}

std::string life() {
  const wire::EngineLife& told = table().life;
  std::ostringstream words;
  words << told.number << ' ' << told.distrusts_state << ' ' << told.lost_code << ' ' << told.lost_status;
  return words.str();
}

std::string beat(int every_ms) {
  ++table().life.pulse; // which also maps it, before the handler needs it
  struct sigaction action {};
  action.sa_handler = [](int) { ++table().life.pulse; };
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGALRM, &action, nullptr);
  const timeval every{0, every_ms * 1000};
  const itimerval timer{every, every};
  return ::setitimer(ITIMER_REAL, &timer, nullptr) == 0 ? "done" : "error";
}

std::string descriptors() {
  DIR* const all = ::opendir("/proc/self/fd");
  std::set<int> numbers;
  while (const dirent* entry = ::readdir(all))
    if (entry->d_name[0] != '.') numbers.insert(std::atoi(entry->d_name));
  numbers.erase(::dirfd(all));
  ::closedir(all);
  std::string text;
  for (const int number : numbers)
    text += (text.empty() ? "" : " ") + std::to_string(number);
  return text;
}

std::string limit() {
  rlimit found{};
  ::getrlimit(RLIMIT_NOFILE, &found);
  return std::to_string(found.rlim_cur);
}

/// Somebody opens the other end for writing, and closes it.
void wait_for(const std::string& fifo) {
  const int fd = ::open(fifo.c_str(), O_RDONLY | O_CLOEXEC);
  char byte = 0;
  while (::read(fd, &byte, 1) > 0) {
  }
}

/// For the test to find.
void say_pid() {
  const char* const file = std::getenv("HOLDFAST_TEST_TRIED");
  if (file != nullptr) std::ofstream(file, std::ios::app) << ::getpid() << '\n' << std::flush;
}

int leave_child() {
  int ends[2];
  if (::pipe(ends) != 0) return 1;
  if (::fork() == 0) {
    say_pid();
    if (::write(ends[1], "x", 1) != 1) return 1;
    pause_for_ever();
  }
  char byte = 0;
  return ::read(ends[0], &byte, 1) == 1 ? 0 : 1;
}

int report() {
  const std::string text = signals() + limit() + "\n" + descriptors() + "\n";
  return ::write(STDOUT_FILENO, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
}

int try_out() {
  say_pid();
  const char* const path = std::getenv("HOLDFAST_TEST_TRIAL");
  std::ifstream file(path == nullptr ? "" : path);
  std::stringstream words;
  words << file.rdbuf();
  file.close();
  std::string verb;
  std::string text;
  int code = 0;
  words >> verb;
  table().life.passed_trial = verb == "silent" ? 0 : 1;
  if (verb == "report") return report();
  if (verb == "fork") return leave_child();
  if (verb == "die") ::kill(::getpid(), SIGKILL);
  if (verb == "lock-out" && words >> text) return ::chmod(text.c_str(), 0644);
  if (verb == "wait" && words >> text >> code) wait_for(text);
  if (verb == "exit" && words >> code && std::getline(words >> std::ws, text))
    return ::write(STDOUT_FILENO, text.data(), text.size()) < 0 ? 1 : code;
  return code;
}

std::string carry_out(std::string_view command) {
  std::istringstream words{std::string(command)};
  std::string verb;
  std::string path;
  int number = 0;
  words >> verb;
  if (verb == "spawn") return spawn(words);
  if (verb == "hear") return hear(10'000);
  if (verb == "peek") return hear(0);
  if (verb == "row") return fill_row(words);
  if (verb == "signals") return signals();
  if (verb == "notify") return notify(command);
  if (verb == "environment") return environment().substr(0, 4000);
  if (verb == "double") return send_double();
  if (verb == "flood") return flood();
  if (verb == "life") return life();
  if (verb == "adopt") return table().life.adopted = 1, "done";
  if (verb == "adopted") return std::to_string(table().life.adopted);
  if (verb == "next") return hold_next(words);
  if (verb == "upgrade" && words >> path) return upgrade(path);
  if (verb == "upgraded" && words >> number)
    return table().life.upgrade = static_cast<wire::Upgrade>(number), "done";
  if (verb == "upgraded") return std::to_string(static_cast<std::uint32_t>(table().life.upgrade.load()));
  if (verb == "layout" && words >> number) return table().layout = static_cast<std::uint32_t>(number), "done";
  if (verb == "pid") return std::to_string(::getpid());
  if (verb == "descriptors") return descriptors();
  if (verb == "limit") return limit();
  if (verb == "close") return ::close(wire::engine_socket_fd) == 0 ? "done" : "error";
  if (verb == "die") ::kill(::getpid(), SIGKILL);
  if (verb == "pause" && words >> path) return settled_child(path, [] {});
  if (verb == "stubborn" && words >> path) return settled_child(path, [] { ::signal(SIGTERM, SIG_IGN); });
  if (verb == "tell" && words >> told_file >> path)
    return settled_child(path, [] { ::signal(SIGTERM, &tell); });
  if (verb == "hold" && words >> path >> number) return hold(path, number);
  if (verb == "stack" && words >> path) {
    path.copy(table().stack.data(), table().stack.size() - 1);
    return "done";
  }
  if (verb == "door" && words >> path) {
    path.copy(table().door.data(), table().door.size() - 1);
    return "done";
  }
  if (!(words >> number)) return "what?";
  if (verb == "reap") return send(wire::ToAnchor::reap, number);
  if (verb == "finish") return send(wire::ToAnchor::finish, number);
  if (verb == "kind") return send(static_cast<wire::ToAnchor>(number), 0);
  if (verb == "garbage") return send_garbage(static_cast<std::size_t>(number));
  if (verb == "crowd") return crowd(number);
  if (verb == "drop") return send(wire::ToAnchor::drop, number);
  if (verb == "took") return send(wire::ToAnchor::took, number);
  if (verb == "offset") return place_of(number);
  if (verb == "beat") return beat(number);
  if (off_t to = 0; verb == "seek" && words >> to)
    return ::lseek(wire::held_fd(number), to, SEEK_SET) == to ? "done" : "error";
  if (verb == "exit") ::_exit(number);
  return "what?";
}

} // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--try") return try_out();
  std::array<char, 4096> command{};
  for (;;) {
    const ssize_t n = ::recv(test_socket, command.data(), command.size(), 0);
    // The test is gone.
    if (n <= 0) return 0;
    const std::string answer = carry_out({command.data(), static_cast<std::size_t>(n)});
    if (!answer.empty() && ::send(test_socket, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return 1;
  }
}
