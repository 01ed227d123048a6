#pragma once
// One client's socket: lines in, lines out, and a bound on everything. It knows nothing of what the lines
// mean.
//
// The next line is handed over only when all that was sent has left for the kernel: a client that asks and
// does not read is asked nothing more of, and costs one answer.

#include "base/fd.h"
#include "wire/line_splitter.h"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::control {

struct ConnectionLimits {
  std::size_t longest_line = 0;
  /// Bytes that wait for the client; more closes the connection. Room for the longest answer and its end.
  std::size_t most_output = (1U << 20) + (64U << 10);
  std::chrono::milliseconds request_within{10000}; ///< a client that asks nothing for so long is closed
  std::chrono::milliseconds read_within{30000};    ///< so is one that takes none of its answer
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
  struct Listener {
    virtual ~Listener() = default;
    virtual void on_line(std::string_view line) = 0;
    /// All that was sent has left. Not called when nothing was sent.
    virtual void on_drained() = 0;
    /// The client sent a line longer than agreed. Nothing more comes from it.
    virtual void on_overlong() = 0;
    /// The connection is closed; called once, from the loop, never out of one of the calls below.
    virtual void on_closed() = 0;
  };

  /// Owns the socket, which must be connected and non-blocking. `listener` is borrowed until on_closed or
  /// abandon().
  Connection(boost::asio::io_context& loop, Fd socket, ConnectionLimits limits, Listener& listener);

  void start();
  void send(std::string_view line);
  /// Closes when all that was sent has left; takes no further line.
  void finish();
  void close();
  /// Closes and calls the listener never again.
  void abandon();
  /// An answer goes on: the client may be silent for as long as it likes.
  void expect_silence(bool silence);
  [[nodiscard]] std::size_t pending() const { return outgoing_.size() - sent_; }

private:
  void read();
  void take(std::size_t size);
  void end_of_input();
  void pump();
  void write();
  void wrote(std::size_t size);
  void arm();

  boost::asio::local::stream_protocol::socket socket_;
  boost::asio::steady_timer timer_;
  ConnectionLimits limits_;
  Listener* listener_;
  wire::LineSplitter lines_;
  std::array<char, 4096> incoming_{};
  std::string outgoing_;
  std::size_t sent_ = 0; ///< of outgoing_
  bool reading_ = false;
  bool writing_ = false;
  bool silence_ = false;
  bool asks_no_more_ = false; ///< closed its writing side while an answer goes on
  bool finishing_ = false;
  bool closed_ = false;
};

} // namespace holdfast::control
