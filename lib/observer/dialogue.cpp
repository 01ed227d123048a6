#include "observer/dialogue.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <optional>

namespace holdfast::observer {
namespace {

using boost::system::error_code;

constexpr std::size_t chunk_bytes = 4096;

std::string ending(error_code error) {
  if (error == boost::asio::error::eof || error == boost::asio::error::connection_reset)
    return "closed the connection";
  return "the connection broke (" + error.message() + ')';
}

} // namespace

/// Kept by the operations under way, which end after the dialogue that began them.
struct Dialogue::Talk : std::enable_shared_from_this<Dialogue::Talk> {
  Talk(std::size_t most, Listener& its_listener) : listener(&its_listener), left(most) {}

  void connected(Connecting::Socket to) {
    connecting.reset();
    socket.emplace(std::move(to));
    listener->connected();
    listen();
  }

  void listen() {
    if (listener == nullptr) return;
    socket->async_read_some(boost::asio::buffer(chunk),
                            [self = shared_from_this()](error_code error, std::size_t bytes) {
                              if (self->listener != nullptr) self->came(error, bytes);
                            });
  }

  void came(error_code error, std::size_t bytes) {
    if (error) return broken(ending(error));
    if (bytes > left) return broken("said too much");
    left -= bytes;
    heard.append(chunk.data(), bytes);
    listener->hear(heard);
    listen();
  }

  /// Of a connection that is broken the read tells, after what the peer said before it closed.
  void write() {
    error_code error;
    const std::size_t taken = socket->write_some(boost::asio::buffer(unsaid), error);
    unsaid.erase(0, taken);
    if (unsaid.empty() || (error && error != boost::asio::error::would_block)) return;
    socket->async_wait(Connecting::Socket::wait_write, [self = shared_from_this()](error_code stopped) {
      if (self->listener != nullptr && !stopped) self->write();
    });
  }

  void broken(const std::string& how) {
    end({wire::ProbeVerdict::failed, how + " before " + listener->awaited()});
  }

  void end(const Answer& answer) {
    Listener* const last = listener;
    give_up();
    last->over(answer);
  }

  void give_up() {
    listener = nullptr;
    connecting.reset();
    socket.reset();
  }

  Listener* listener; ///< none: it is over
  std::optional<Connecting> connecting;
  std::optional<Connecting::Socket> socket;
  std::array<char, chunk_bytes> chunk{};
  std::size_t left;
  std::string heard;
  std::string unsaid;
};

Dialogue::Dialogue(boost::asio::io_context& loop, std::string_view target, std::size_t most_heard,
                   Listener& listener)
    : talk_(std::make_shared<Talk>(most_heard, listener)) {
  talk_->connecting.emplace(loop, target, [talk = talk_.get()](Result<Connecting::Socket> result) {
    const auto alive = talk->shared_from_this();
    if (result)
      alive->connected(std::move(result).value());
    else
      alive->end(unreachable(result.error()));
  });
}

Dialogue::~Dialogue() {
  talk_->give_up();
}

void Dialogue::say(std::string_view bytes) {
  const bool is_waiting = !talk_->unsaid.empty();
  talk_->unsaid += bytes;
  if (!is_waiting) talk_->write();
}

std::string Dialogue::waits_for() const {
  if (talk_->connecting) return talk_->connecting->waits_for();
  return talk_->listener != nullptr ? talk_->listener->awaited() : "nothing";
}

} // namespace holdfast::observer
