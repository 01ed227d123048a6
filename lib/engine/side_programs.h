#pragma once

#include "base/time.h"
#include "engine/children.h"
#include "engine/tree.h"
#include "linux/cgroup.h"
#include "model/spec.h"
#include "wire/line_splitter.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::engine {

/// How a side program ended, or that it did not.
struct SideEnd {
  enum class How : std::uint8_t {
    exited,      ///< `status`
    failed,      ///< it cannot be started: `error`
    timed_out,   ///< it was started, and is being killed; `error` says so
    not_started, ///< for a reason of ours: `error`
    busy         ///< the last one of the same key has not ended yet: nothing was started
  };
  How how = How::exited;
  model::ExitStatus status;
  Error error;
  std::string output; ///< the first part of what it wrote, standard error too
};

/// Short programs of ours beside the services' runs. Each runs in a leaf of its own, what it writes is read
/// and kept in part, and it is killed with all that it started when its time is over.
class SidePrograms {
public:
  struct Order {
    std::string key;   ///< never two of one key at once
    std::string place; ///< the cgroup in which its leaf is made
    model::Program program;
    std::vector<std::string> argv; ///< instead of the program's command where not empty
    std::vector<std::string> environment;
    int input = -1; ///< borrowed; its standard input; -1: /dev/null
    Duration timeout{};
    std::size_t kept_output = 4096; ///< bytes
    /// Where it is not empty, called with each line that it writes, without the newline, and the timeout
    /// counts from the last one. A line that is longer than `kept_output` ends that.
    std::function<void(const std::string&)> line;
    std::function<void(SideEnd)> ended; ///< called once; from start() where nothing could be started
  };

  SidePrograms(boost::asio::io_context& loop, Children& children, const Tree& tree)
      : loop_(loop), children_(children), last_(tree.first_number()) {}

  void start(Order order);

  /// Removes the leaves of programs that are over.
  void tidy();

private:
  struct Running {
    Running(boost::asio::io_context& loop, linux_os::Leaf made, Fd output_read, Fd output_write)
        : leaf(std::move(made)), output(loop, output_read.release()), write_end(std::move(output_write)),
          timer(loop) {}
    linux_os::Leaf leaf;
    boost::asio::posix::stream_descriptor output;
    Fd write_end; ///< until the launch is answered
    boost::asio::steady_timer timer;
    std::string said;
    std::size_t kept_output = 0;
    std::string key;
    Duration timeout{};
    std::function<void(const std::string&)> line;
    std::optional<wire::LineSplitter> lines; ///< where `line` is called
    std::function<void(SideEnd)> ended;      ///< empty once called
  };

  [[nodiscard]] Result<std::unique_ptr<Running>> prepare(const std::string& place);
  [[nodiscard]] ChildHandlers handlers_of(const std::string& key);
  void started(const std::string& key);
  void expect(Running& running);
  void read_output(Running& running);
  void take(Running& running, std::string_view bytes);
  void exited(const std::string& key, model::ExitStatus status);
  void failed(const std::string& key, const Error& error);
  void timed_out(const std::string& key, Duration timeout);
  static void end(Running& running, SideEnd end);
  void bury(const std::string& key);

  boost::asio::io_context& loop_;
  Children& children_;
  std::map<std::string, std::unique_ptr<Running>> running_;
  std::vector<linux_os::Leaf> over_;
  std::uint64_t last_; ///< of the leaves' numbers
};

} // namespace holdfast::engine
