#include "engine/helpers.h"

#include "linux/utf8.h"
#include "model/words.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::engine {
namespace {

constexpr std::size_t kept_output = 4096;
constexpr std::size_t longest_words = 200;

constexpr int reload_program_key = 99;
constexpr Duration longest_reload = std::chrono::seconds(30);

/// Keys of stop programs lie behind those of the probe roles.
constexpr int stop_program_key = 100;

/// The last line that says something, fit for a terminal and for JSON.
std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  if (const auto line = text.rfind('\n'); line != std::string::npos) text.erase(0, line + 1);
  return linux_os::harmless(std::move(text), longest_words);
}

/// A probe that could not even be started for want of resources says nothing about the service.
model::ProbeOutcome outcome_of_failure(int error) {
  const bool ours = error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
  return ours ? model::ProbeOutcome::unknown : model::ProbeOutcome::failed;
}

const model::Probe& probe_of(const model::ServiceSpec& spec, model::ProbeRole role) {
  switch (role) {
  case model::ProbeRole::ready: return spec.ready;
  case model::ProbeRole::progress: return *spec.progress;
  case model::ProbeRole::live: return spec.live->probe;
  }
  return spec.ready;
}

} // namespace

Helpers::Helpers(Parts parts, const model::Stack& stack, Happened happened)
    : parts_(parts), stack_(stack), happened_(std::move(happened)) {}

void Helpers::probe(ServiceId service, RunNumber run, model::ProbeRole role) {
  const model::ServiceSpec& spec = stack_.spec(service);
  const model::Probe& probe = probe_of(spec, role);
  start({.key = {service, static_cast<int>(role)},
         .program = &spec.program,
         .argv = probe.exec,
         .environment = {},
         .timeout = probe.timeout,
         .success = probe.exit,
         .answer = [this, service, run, role](model::ProbeOutcome outcome, std::string said) {
           happened_(model::ProbeAnswered{service, run, role, outcome, std::move(said)});
         }});
}

void Helpers::stop_program(ServiceId service, RunNumber, std::size_t rung, int main_pid) {
  const model::Rung& step = stack_.spec(service).stop[rung];
  run_beside({service, stop_program_key + static_cast<int>(rung)}, main_pid, step.exec, step.wait);
}

void Helpers::reload_program(ServiceId service, int main_pid) {
  run_beside({service, reload_program_key}, main_pid, stack_.spec(service).reload->exec, longest_reload);
}

void Helpers::run_beside(Key key, int main_pid, std::vector<std::string> argv, Duration timeout) {
  start({.key = key,
         .program = &stack_.spec(key.first).program,
         .argv = std::move(argv),
         .environment = {"MAINPID=" + std::to_string(main_pid)},
         .timeout = timeout,
         .success = {0},
         .answer = [](model::ProbeOutcome, const std::string&) {}});
}

void Helpers::start(Order order) {
  if (running_.contains(order.key))
    return order.answer(model::ProbeOutcome::unknown, "the last one has not ended yet");
  const std::string& name = stack_.spec(order.key.first).name;
  auto leaf = linux_os::Leaf::make(parts_.tree.service(name) + "/probe/" + std::to_string(++last_));
  if (!leaf) return order.answer(model::ProbeOutcome::unknown, leaf.error().what);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    over_.push_back(std::move(leaf).value());
    return order.answer(model::ProbeOutcome::unknown, system_error("pipe", errno).what);
  }
  Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  // The read end alone: a program does not expect that its standard output has no room.
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  auto helper = std::make_unique<Helper>(parts_.loop, std::move(leaf).value(), std::move(read_end),
                                         std::move(write_end));
  helper->answer = std::move(order.answer);
  helper->success = std::move(order.success);
  const Key key = order.key;
  const Duration timeout = order.timeout;
  helper->timer.expires_after(timeout);
  helper->timer.async_wait([this, key, timeout](boost::system::error_code error) {
    if (!error) timed_out(key, timeout);
  });
  read_output(key, *helper);

  linux_os::LaunchOrder launch;
  launch.program = *order.program;
  launch.argv = std::move(order.argv);
  launch.extra_environment = std::move(order.environment);
  launch.check_requirements = false;
  launch.output = helper->write_end.get();
  launch.cgroup_fd = helper->leaf.directory_fd();
  running_[key] = std::move(helper);
  const auto failed = [this, key](const Error& error) {
    finish(key, outcome_of_failure(error.code), error.what);
    over_.push_back(std::move(running_[key]->leaf));
    running_.erase(key);
  };
  parts_.children.start(std::move(launch),
                        {.started = [this, key](pid_t) { started(key); },
                         .exited = [this, key](model::ExitStatus status) { exited(key, status); },
                         .failed = failed,
                         .refused = failed});
}

void Helpers::started(Key key) {
  Helper& helper = *running_[key];
  helper.write_end.reset();
  // Its time was over before it was started, and no timer runs any more.
  if (!helper.answer) static_cast<void>(helper.leaf.kill());
}

void Helpers::read_output(Key key, Helper& helper) {
  helper.output.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [this, key, &helper](boost::system::error_code error) {
                             if (error) return;
                             std::array<char, 4096> block{};
                             const ssize_t n =
                                 ::read(helper.output.native_handle(), block.data(), block.size());
                             if (n == 0) return;
                             const std::size_t room = kept_output - helper.said.size();
                             if (n > 0)
                               helper.said.append(block.data(), std::min(room, static_cast<std::size_t>(n)));
                             read_output(key, helper);
                           });
}

void Helpers::finish(Key key, model::ProbeOutcome outcome, const std::string& said) {
  auto answer = std::exchange(running_[key]->answer, nullptr);
  if (answer) answer(outcome, last_line(said));
}

void Helpers::exited(Key key, model::ExitStatus status) {
  Helper& helper = *running_[key];
  // What it wrote last may not have been read yet.
  std::array<char, kept_output> rest{};
  const ssize_t n = ::read(helper.output.native_handle(), rest.data(), kept_output - helper.said.size());
  if (n > 0) helper.said.append(rest.data(), static_cast<std::size_t>(n));
  const auto& success = helper.success;
  const bool well =
      status.signal == 0 && std::find(success.begin(), success.end(), status.code) != success.end();
  const std::string said = helper.said.empty() && !well ? model::words(status) : helper.said;
  finish(key, well ? model::ProbeOutcome::succeeded : model::ProbeOutcome::failed, said);
  // A probe has no business leaving anything behind.
  if (const auto populated = helper.leaf.populated(); !populated || populated.value())
    static_cast<void>(helper.leaf.kill());
  over_.push_back(std::move(helper.leaf));
  running_.erase(key);
}

void Helpers::timed_out(Key key, Duration timeout) {
  const auto helper = running_.find(key);
  if (helper == running_.end()) return;
  static_cast<void>(helper->second->leaf.kill());
  // One that waits in the launcher's queue, behind a program on a dead network disk, says nothing about its
  // service.
  const bool started = !helper->second->write_end.valid();
  finish(key, started ? model::ProbeOutcome::failed : model::ProbeOutcome::unknown,
         (started ? "no answer within " : "not started within ") + format_span(timeout));
}

void Helpers::tidy() {
  remove_empty(over_);
}

} // namespace holdfast::engine
