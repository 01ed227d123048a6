#pragma once

#include "observer/connect.h"

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::observer {

/// Speaks with a peer over a stream of bytes: connects, says, and hands over what it hears, which is bounded
/// in all. Destroyed, it is over: the connection is closed and the listener hears no more.
class Dialogue {
public:
  /// Called from the loop; each may destroy the dialogue.
  class Listener {
  public:
    virtual void connected() = 0;
    /// More has come. What it has understood it takes away from the front of `heard`.
    virtual void hear(std::string& heard) = 0;
    /// The last call: the peer cannot be reached, or ended it, or said too much.
    virtual void over(const Answer& answer) = 0;
    /// What is waited for while it is connected, for words: "the answer to PING".
    [[nodiscard]] virtual std::string awaited() const = 0;

  protected:
    ~Listener() = default;
  };

  /// `most_heard`: bytes that are heard in all; a peer that says more ends the dialogue.
  Dialogue(boost::asio::io_context& loop, std::string_view target, std::size_t most_heard,
           Listener& listener);
  ~Dialogue();
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  /// Says it after what was said before. What the kernel takes at once is on its way even if the dialogue is
  /// destroyed next. Precondition: it is connected.
  void say(std::string_view bytes);

  /// For Probe::waits_for.
  [[nodiscard]] std::string waits_for() const;

private:
  struct Talk;
  std::shared_ptr<Talk> talk_;
};

} // namespace holdfast::observer
