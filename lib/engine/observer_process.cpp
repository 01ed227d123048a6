#include "engine/observer_process.h"

#include "base/clock.h"
#include "linux/utf8.h"
#include "model/words.h"
#include "wire/observer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;

constexpr Duration longest_pause = 1min;

/// In one turn, so that whoever floods us does not keep the others waiting.
constexpr int packets_a_turn = 64;

/// Of one run; what it says beyond is read and passed over.
constexpr unsigned most_lines = 100;
constexpr std::size_t longest_line = 500;

/// One that writes so much does nothing else.
constexpr std::size_t most_output = 1U << 20;

/// A bit more than the longest packet that is one, so that a longer one is known.
constexpr std::size_t packet_room = wire::longest_probe_words + 64;

/// Before any service that has not eaten half of the machine: nothing is lost with it, and another one comes.
constexpr int oom_score = 500;

Duration after(Duration pause) {
  return pause == Duration{} ? Duration(1s) : std::min<Duration>(2 * pause, longest_pause);
}

} // namespace

ObserverProcess::ObserverProcess(boost::asio::io_context& loop, Children& children, const Tree& tree,
                                 Options options, Handlers handlers)
    : loop_(loop), children_(children), tree_(tree), options_(std::move(options)),
      handlers_(std::move(handlers)), number_(tree.first_number()), timer_(loop) {}

Result<std::unique_ptr<ObserverProcess::Run>> ObserverProcess::prepare() {
  auto leaf = linux_os::Leaf::make(tree_.observer() + "/" + std::to_string(++number_));
  if (!leaf) return leaf.error();
  int sockets[2];
  int pipes[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
    Error error = system_error("socketpair", errno);
    over_.push_back(std::move(leaf).value());
    return error;
  }
  Fd ours(sockets[0]);
  Fd theirs(sockets[1]);
  if (::pipe2(pipes, O_CLOEXEC) != 0) {
    Error error = system_error("pipe", errno);
    over_.push_back(std::move(leaf).value());
    return error;
  }
  Fd output(pipes[0]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);
  auto run = std::make_unique<Run>(loop_, std::move(leaf).value(), std::move(ours), std::move(output));
  run->their_socket = std::move(theirs);
  run->their_output = Fd(pipes[1]);
  run->begun = read_mono();
  return run;
}

void ObserverProcess::start() {
  wanted_ = true;
  if (run_) return;
  timer_.cancel();
  auto prepared = prepare();
  if (!prepared) {
    handlers_.down("it cannot be started: " + prepared.error().what);
    return again();
  }
  run_ = std::move(prepared).value();
  hear();
  listen();
  launch(number_);
}

void ObserverProcess::launch(std::uint64_t number) {
  linux_os::LaunchOrder order;
  order.program.command = {options_.program};
  order.program.user = options_.user;
  order.program.umask = 0077;
  order.program.limits.oom_score = oom_score;
  order.check_requirements = false;
  order.by_descriptor = true;
  order.input = run_->their_socket.get();
  order.output = run_->their_output.get();
  order.cgroup_fd = run_->leaf.directory_fd();
  children_.start(std::move(order), handlers_of(number));
}

ChildHandlers ObserverProcess::handlers_of(std::uint64_t number) {
  const auto failed = [this, number](const Error& error) {
    over(number, "it cannot be started: " + error.what);
  };
  return {.started = [this, number](pid_t) { started(number); },
          .exited = [this, number](model::ExitStatus status) { over(number, model::words(status)); },
          .failed = failed,
          .refused = failed};
}

void ObserverProcess::started(std::uint64_t number) {
  const auto ending = ending_.find(number);
  Run& run = ending != ending_.end() ? *ending->second : *run_;
  run.running = true;
  run.their_socket.reset();
  run.their_output.reset();
  // Born after its kill, it did not get it.
  if (ending != ending_.end()) static_cast<void>(run.leaf.kill());
}

void ObserverProcess::over(std::uint64_t number, const std::string& why) {
  if (auto ending = ending_.extract(number); !ending.empty()) {
    over_.push_back(std::move(ending.mapped()->leaf));
    return;
  }
  // Its last words say more than its exit.
  while (run_->written <= most_output && read_block(*run_)) {
  }
  if (!run_->unfinished.empty()) say(*run_, std::exchange(run_->unfinished, {}));
  // It has no business leaving anything behind.
  static_cast<void>(run_->leaf.kill());
  over_.push_back(std::move(run_->leaf));
  end_run(why);
}

void ObserverProcess::end_run(const std::string& why) {
  const bool lasted = read_mono() - run_->begun >= longest_pause;
  run_.reset();
  if (lasted) pause_ = {};
  handlers_.down(why);
  again();
}

void ObserverProcess::again() {
  if (!wanted_ || run_) return;
  timer_.expires_after(pause_);
  pause_ = after(pause_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error && wanted_) start();
  });
}

void ObserverProcess::stop() {
  wanted_ = false;
  timer_.cancel();
  if (run_) kill("nobody needs it any more");
}

void ObserverProcess::kill(const std::string& why) {
  if (!run_) return;
  static_cast<void>(run_->leaf.kill());
  // Closed at once: what it says from now on is nobody's.
  run_->socket.close();
  run_->output.close();
  const MonoTime begun = run_->begun;
  ending_[number_] = std::move(run_);
  if (read_mono() - begun >= longest_pause) pause_ = {};
  handlers_.down(why);
  again();
}

bool ObserverProcess::send(const std::string& packet) {
  return run_ && ::send(run_->socket.native_handle(), packet.data(), packet.size(),
                        MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(packet.size());
}

void ObserverProcess::hear() {
  run_->socket.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [this, number = number_](boost::system::error_code error) {
                            if (error || !run_ || number != number_) return;
                            read_packets();
                          });
}

void ObserverProcess::read_packets() {
  const std::uint64_t number = number_;
  for (int i = 0; i < packets_a_turn; ++i) {
    std::array<char, packet_room> packet{};
    const ssize_t n = ::recv(run_->socket.native_handle(), packet.data(), packet.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) break;
    // It closed its end. Of its exit the anchor tells; one that lives on all the same answers no more.
    if (n <= 0) return;
    const bool goes_on = handlers_.packet({packet.data(), static_cast<std::size_t>(n)});
    if (!run_ || number != number_ || !goes_on) return;
  }
  hear();
}

void ObserverProcess::listen() {
  run_->output.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [this, number = number_](boost::system::error_code error) {
                            if (error || !run_ || number != number_) return;
                            read_output();
                          });
}

void ObserverProcess::read_output() {
  const bool got = read_block(*run_);
  if (run_->written > most_output) return kill("killed, since it writes without end");
  if (got || errno == EAGAIN || errno == EINTR) listen();
}

/// What there is of its output, a block at most, said line by line. False where nothing was read: errno is 0
/// at the end.
bool ObserverProcess::read_block(Run& run) const {
  std::array<char, 4096> block{};
  errno = 0;
  const ssize_t n = ::read(run.output.native_handle(), block.data(), block.size());
  if (n <= 0) return false;
  run.written += static_cast<std::size_t>(n);
  run.unfinished.append(block.data(), static_cast<std::size_t>(n));
  for (std::size_t end = 0; (end = run.unfinished.find('\n')) != std::string::npos;) {
    say(run, run.unfinished.substr(0, end));
    run.unfinished.erase(0, end + 1);
  }
  // The rest of so long a line is cut off all the same.
  run.unfinished.resize(std::min(run.unfinished.size(), longest_line + 1));
  return true;
}

void ObserverProcess::say(Run& run, std::string line) const {
  if (++run.lines <= most_lines)
    handlers_.said(linux_os::harmless(std::move(line), longest_line));
  else if (run.lines == most_lines + 1)
    handlers_.said("(what else it says is passed over)");
}

void ObserverProcess::tidy() {
  remove_empty(over_);
}

} // namespace holdfast::engine
