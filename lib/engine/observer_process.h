#pragma once

#include "base/time.h"
#include "engine/children.h"
#include "engine/tree.h"
#include "linux/cgroup.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::engine {

/// The process of the observer: started into a leaf of its own, fed with packets, killed where it is not what
/// it should be, and started again: at once, then after 1 s, 2 s and so on up to a minute, until a run lasts
/// for as long. Its packets are what a program says that speaks with network peers: bytes, not facts.
class ObserverProcess {
public:
  struct Options {
    std::string program; ///< /proc/self/fd/N: a descriptor that stays open
    std::string user;    ///< empty: as ourselves
  };
  struct Handlers {
    /// False: nothing more of this run is to be read.
    std::function<bool(std::string_view packet)> packet;
    /// There is no observer any more; another one comes by itself.
    std::function<void(const std::string& why)> down;
    /// A line of its standard error.
    std::function<void(std::string line)> said;
  };

  ObserverProcess(boost::asio::io_context& loop, Children& children, const Tree& tree, Options options,
                  Handlers handlers);

  void start();
  /// For good.
  void stop();
  /// `down` comes in this call.
  void kill(const std::string& why);

  /// It is there, or on its way.
  [[nodiscard]] bool is_up() const { return run_ != nullptr; }
  /// It was executed, and can be blamed for what it does not do.
  [[nodiscard]] bool runs() const { return run_ != nullptr && run_->running; }
  /// False where there is none, or no room: nothing was sent.
  [[nodiscard]] bool send(const std::string& packet);

  /// Off the hot path: removes the leaves of runs that are over.
  void tidy();

private:
  struct Run {
    Run(boost::asio::io_context& loop, linux_os::Leaf made, Fd socket_end, Fd output_end)
        : leaf(std::move(made)), socket(loop, socket_end.release()), output(loop, output_end.release()) {}
    linux_os::Leaf leaf;
    boost::asio::posix::stream_descriptor socket;
    boost::asio::posix::stream_descriptor output;
    Fd their_socket; ///< until the launch is answered
    Fd their_output;
    MonoTime begun{};
    bool running = false;   ///< the launch was answered
    std::string unfinished; ///< of a line of its output
    unsigned lines = 0;
    std::size_t written = 0; ///< bytes of its output
  };

  [[nodiscard]] Result<std::unique_ptr<Run>> prepare();
  void launch(std::uint64_t number);
  [[nodiscard]] ChildHandlers handlers_of(std::uint64_t number);
  void started(std::uint64_t number);
  void over(std::uint64_t number, const std::string& why);
  void end_run(const std::string& why);
  void again();
  void hear();
  void read_packets();
  void listen();
  void read_output();
  [[nodiscard]] bool read_block(Run& run) const;
  void say(Run& run, std::string line) const;

  boost::asio::io_context& loop_;
  Children& children_;
  const Tree& tree_;
  Options options_;
  Handlers handlers_;
  std::unique_ptr<Run> run_;
  std::uint64_t number_; ///< of the last run, and the name of its leaf
  bool wanted_ = false;
  Duration pause_{}; ///< before the next start
  boost::asio::steady_timer timer_;
  std::map<std::uint64_t, std::unique_ptr<Run>> ending_; ///< killed, and not known to be gone
  std::vector<linux_os::Leaf> over_;
};

} // namespace holdfast::engine
