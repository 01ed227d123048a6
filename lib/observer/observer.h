#pragma once

#include "base/result.h"
#include "observer/probe.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <map>
#include <memory>

namespace holdfast::observer {

/// Probes that may be under way at once; a question beyond is answered at once, with unknown.
constexpr std::size_t most_looks = 256;

/// Answers the engine's questions. A probe that fails in itself, by an exception, is answered with unknown
/// and ends nothing else but those that were under way beside it. An answer for which the socket has no room
/// is dropped: the engine takes it for one that did not come.
class Observer {
public:
  /// How a protocol's look begins; null: nobody knows the protocol.
  using Find = Begin (*)(wire::ProbeProtocol protocol);
  /// Takes the socket over, the observer's end of the pair.
  Observer(int socket, Find find);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// Until the engine has closed its end. An error: a packet that is no question.
  [[nodiscard]] Status run();

private:
  struct Look;

  void wait();
  void receive();
  bool receive_one();
  void begin(const wire::ProbeQuestion& question);
  void watch_time(Look& look);
  void finish(std::uint64_t serial, Answer answer);
  void give_up_all(const std::string& why);
  void send(const wire::ProbeReply& reply);
  void end(Status status);

  boost::asio::io_context loop_;
  boost::asio::posix::stream_descriptor socket_;
  Find find_;
  std::map<std::uint64_t, std::unique_ptr<Look>> looks_; ///< by serial
  Status ended_ = Done{};
};

} // namespace holdfast::observer
