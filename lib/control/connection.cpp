#include "control/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <poll.h>
#include <utility>

namespace holdfast::control {

using boost::system::error_code;
using Protocol = boost::asio::local::stream_protocol;

namespace {

/// Of what waits for the client, how much that has left already may stay in memory.
constexpr std::size_t longest_sent_part = 64U << 10;

/// Neither reads nor writes any more.
bool is_gone(int socket) {
  pollfd look{.fd = socket, .events = 0, .revents = 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR)) != 0;
}

} // namespace

Connection::Connection(boost::asio::io_context& loop, Fd socket, ConnectionLimits limits, Listener& listener)
    : socket_(loop), timer_(loop), limits_(limits), listener_(&listener), lines_(limits.longest_line) {
  error_code error;
  socket_.assign(Protocol(), socket.get(), error);
  if (error) return;
  static_cast<void>(socket.release());
  // Asio would wait in a write to a full socket, though the descriptor itself is non-blocking.
  socket_.non_blocking(true, error);
}

void Connection::start() {
  if (!socket_.is_open()) return close();
  arm();
  read();
}

void Connection::read() {
  if (reading_ || finishing_ || asks_no_more_ || !socket_.is_open()) return;
  reading_ = true;
  socket_.async_read_some(boost::asio::buffer(incoming_),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            self->reading_ = false;
                            if (error)
                              self->end_of_input();
                            else
                              self->take(size);
                          });
}

void Connection::take(std::size_t size) {
  lines_.feed({incoming_.data(), size});
  pump();
}

/// The client may have closed its writing side alone: what it asked for before is still sent, however long
/// the answer takes.
void Connection::end_of_input() {
  if (finishing_) return;
  if (!silence_ || is_gone(socket_.native_handle())) return finish();
  asks_no_more_ = true;
  // Nothing can be read any more: that it goes away as well shows as a hang-up alone.
  socket_.async_wait(Protocol::socket::wait_error, [self = shared_from_this()](const error_code& error) {
    if (!error) self->close();
  });
}

/// One line at a time, then back to the loop: a client that sends a thousand requests at once holds up
/// nobody.
void Connection::pump() {
  if (finishing_ || !socket_.is_open() || pending() != 0) return;
  const auto line = lines_.next();
  if (line) {
    listener_->on_line(*line);
    if (pending() == 0)
      boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->pump(); });
  } else if (lines_.overlong()) {
    listener_->on_overlong();
  } else {
    read();
  }
}

void Connection::send(std::string_view line) {
  if (!socket_.is_open()) return;
  if (pending() != 0 && pending() + line.size() + 1 > limits_.most_output) return close();
  outgoing_ += line;
  outgoing_ += '\n';
  write();
}

void Connection::write() {
  if (writing_ || pending() == 0) return;
  writing_ = true;
  arm();
  socket_.async_wait(Protocol::socket::wait_write, [self = shared_from_this()](const error_code& error) {
    self->writing_ = false;
    if (error || !self->socket_.is_open()) return self->close();
    error_code failed;
    const auto rest = boost::asio::buffer(self->outgoing_.data() + self->sent_, self->pending());
    const std::size_t size = self->socket_.write_some(rest, failed);
    if (failed && failed != boost::asio::error::would_block) return self->close();
    self->wrote(size);
  });
}

void Connection::wrote(std::size_t size) {
  sent_ += size;
  if (sent_ == outgoing_.size() || sent_ >= longest_sent_part) {
    outgoing_.erase(0, sent_);
    outgoing_.shrink_to_fit();
    sent_ = 0;
  }
  if (pending() != 0) return write();
  arm();
  listener_->on_drained();
  if (finishing_ && pending() == 0) return close();
  pump();
}

void Connection::finish() {
  finishing_ = true;
  if (pending() == 0) close();
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (self->listener_ != nullptr) self->listener_->on_closed();
  });
}

void Connection::abandon() {
  listener_ = nullptr;
  close();
}

void Connection::expect_silence(bool silence) {
  silence_ = silence;
  if (!silence && asks_no_more_) return finish();
  arm();
}

void Connection::arm() {
  if (!socket_.is_open()) return;
  if (pending() == 0 && silence_) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(pending() != 0 ? limits_.read_within : limits_.request_within);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->close();
  });
}

} // namespace holdfast::control
