#include "engine/side_programs.h"

#include "engine/tree.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace holdfast::engine {
namespace {

/// What a program can have left in its pipe. One of its children that writes on must not be read for ever.
constexpr int blocks_in_a_pipe = 16;

} // namespace

Result<std::unique_ptr<SidePrograms::Running>> SidePrograms::prepare(const std::string& place) {
  auto leaf = linux_os::Leaf::make(place + "/" + std::to_string(++last_));
  // What an earlier daemon could not end, on a dead disk for one, has its leaf still.
  while (!leaf && leaf.error().code == EEXIST)
    leaf = linux_os::Leaf::make(place + "/" + std::to_string(++last_));
  if (!leaf) return leaf.error();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    over_.push_back(std::move(leaf).value());
    return system_error("pipe", errno);
  }
  Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  // The read end alone: a program does not expect that its standard output has no room.
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  return std::make_unique<Running>(loop_, std::move(leaf).value(), std::move(read_end), std::move(write_end));
}

void SidePrograms::start(Order order) {
  if (running_.contains(order.key))
    return order.ended({.how = SideEnd::How::busy, .status = {}, .error = {}, .output = {}});
  auto prepared = prepare(order.place);
  if (!prepared)
    return order.ended(
        {.how = SideEnd::How::not_started, .status = {}, .error = prepared.error(), .output = {}});
  Running& running = *(running_[order.key] = std::move(prepared).value());
  running.kept_output = order.kept_output;
  running.ended = std::move(order.ended);
  running.key = order.key;
  running.timeout = order.timeout;
  running.line = std::move(order.line);
  if (running.line) running.lines.emplace(order.kept_output);
  expect(running);
  read_output(running);

  linux_os::LaunchOrder launch;
  launch.program = std::move(order.program);
  launch.argv = std::move(order.argv);
  launch.extra_environment = std::move(order.environment);
  launch.check_requirements = false;
  launch.input = order.input;
  launch.output = running.write_end.get();
  launch.cgroup_fd = running.leaf.directory_fd();
  children_.start(std::move(launch), handlers_of(order.key));
}

ChildHandlers SidePrograms::handlers_of(const std::string& key) {
  const auto failure = [this, key](const Error& error) { failed(key, error); };
  return {.started = [this, key](pid_t) { started(key); },
          .exited = [this, key](model::ExitStatus status) { exited(key, status); },
          .failed = failure,
          .refused = failure};
}

void SidePrograms::started(const std::string& key) {
  Running& running = *running_[key];
  running.write_end.reset();
  // Its time was over before it was started, and no timer runs any more.
  if (!running.ended) static_cast<void>(running.leaf.kill());
}

void SidePrograms::expect(Running& running) {
  running.timer.expires_after(running.timeout);
  running.timer.async_wait(
      [this, key = running.key, timeout = running.timeout](boost::system::error_code error) {
        if (!error) timed_out(key, timeout);
      });
}

void SidePrograms::read_output(Running& running) {
  running.output.async_wait(
      boost::asio::posix::stream_descriptor::wait_read, [this, &running](boost::system::error_code error) {
        if (error) return;
        std::array<char, 4096> block{};
        const ssize_t n = ::read(running.output.native_handle(), block.data(), block.size());
        if (n == 0) return;
        if (n > 0) take(running, {block.data(), static_cast<std::size_t>(n)});
        read_output(running);
      });
}

void SidePrograms::take(Running& running, std::string_view bytes) {
  const std::size_t room = running.kept_output - running.said.size();
  running.said.append(bytes.substr(0, room));
  if (!running.lines) return;
  running.lines->feed(bytes);
  while (const auto line = running.lines->next()) {
    running.line(*line);
    if (running.ended) expect(running);
  }
}

void SidePrograms::end(Running& running, SideEnd end) {
  if (auto ended = std::exchange(running.ended, nullptr)) ended(std::move(end));
}

void SidePrograms::bury(const std::string& key) {
  over_.push_back(std::move(running_[key]->leaf));
  running_.erase(key);
}

void SidePrograms::exited(const std::string& key, model::ExitStatus status) {
  Running& running = *running_[key];
  // What it wrote last may not have been read yet.
  std::array<char, 4096> rest{};
  for (int left = blocks_in_a_pipe; left > 0; --left) {
    const ssize_t n = ::read(running.output.native_handle(), rest.data(), rest.size());
    if (n <= 0) break;
    take(running, {rest.data(), static_cast<std::size_t>(n)});
  }
  // It has no business leaving anything behind.
  if (const auto populated = running.leaf.populated(); !populated || populated.value())
    static_cast<void>(running.leaf.kill());
  auto ended = std::exchange(running.ended, nullptr);
  SideEnd told{.how = SideEnd::How::exited, .status = status, .error = {}, .output = std::move(running.said)};
  // Before it is told: whoever hears of it may start the next one.
  bury(key);
  if (ended) ended(std::move(told));
}

void SidePrograms::failed(const std::string& key, const Error& error) {
  auto ended = std::exchange(running_[key]->ended, nullptr);
  bury(key);
  if (ended) ended({.how = SideEnd::How::failed, .status = {}, .error = error, .output = {}});
}

void SidePrograms::timed_out(const std::string& key, Duration timeout) {
  const auto found = running_.find(key);
  if (found == running_.end()) return;
  Running& running = *found->second;
  static_cast<void>(running.leaf.kill());
  // One that waits in the launcher's queue, behind a program on a dead network disk, says nothing of itself.
  const bool started = !running.write_end.valid();
  end(running, {.how = started ? SideEnd::How::timed_out : SideEnd::How::not_started,
                .status = {},
                .error = {(started ? "no answer within " : "not started within ") + format_span(timeout), 0},
                .output = running.said});
}

void SidePrograms::tidy() {
  remove_empty(over_);
}

} // namespace holdfast::engine
