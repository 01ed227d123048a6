#pragma once

#include "engine/children.h"
#include "engine/runs.h"
#include "engine/tree.h"
#include "model/events.h"
#include "model/stack.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::engine {

/// Short programs beside a run: exec probes and the programs of stop ladders. Each runs as the service's user
/// in a leaf of its own below SERVICE/probe, what it writes is read and kept in part, and it is killed with
/// all that it started when its time is over.
class Helpers {
public:
  struct Parts {
    boost::asio::io_context& loop;
    Children& children;
    const Tree& tree;
  };

  Helpers(Parts parts, const model::Stack& stack, Happened happened);

  /// Answers once with ProbeAnswered. Never two of the same at once: while the last one will not die, the
  /// answer is "unknown".
  void probe(ServiceId service, RunNumber run, model::ProbeRole role);
  /// MAINPID is in the environment. Nothing answers.
  void stop_program(ServiceId service, RunNumber run, std::size_t rung, int main_pid);
  /// The same for what lets a running service read its files anew.
  void reload_program(ServiceId service, int main_pid);

  /// Removes the leaves of programs that are over.
  void tidy();

private:
  struct Helper {
    Helper(boost::asio::io_context& loop, linux_os::Leaf made, Fd output_read, Fd output_write)
        : leaf(std::move(made)), output(loop, output_read.release()), write_end(std::move(output_write)),
          timer(loop) {}
    linux_os::Leaf leaf;
    boost::asio::posix::stream_descriptor output;
    Fd write_end; ///< until the launch is answered
    boost::asio::steady_timer timer;
    std::string said;                                             ///< the first part of what it wrote
    std::function<void(model::ProbeOutcome, std::string)> answer; ///< empty once answered
    std::vector<int> success;
  };
  using Key = std::pair<ServiceId, int>;
  struct Order {
    Key key;
    const model::Program* program;
    std::vector<std::string> argv;
    std::vector<std::string> environment;
    Duration timeout;
    std::vector<int> success;
    std::function<void(model::ProbeOutcome, std::string)> answer;
  };

  /// What nobody waits for, with MAINPID in the environment.
  void run_beside(Key key, int main_pid, std::vector<std::string> argv, Duration timeout);
  void start(Order order);
  void started(Key key);
  void read_output(Key key, Helper& helper);
  void finish(Key key, model::ProbeOutcome outcome, const std::string& said);
  void exited(Key key, model::ExitStatus status);
  void timed_out(Key key, Duration timeout);

  Parts parts_;
  const model::Stack& stack_;
  Happened happened_;
  std::map<Key, std::unique_ptr<Helper>> running_;
  std::vector<linux_os::Leaf> over_;
  std::uint64_t last_ = 0;
};

} // namespace holdfast::engine
