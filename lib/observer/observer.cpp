#include "observer/observer.h"

#include "base/time.h"
#include "observer/secrets.h"
#include "observer/words.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <exception>
#include <sys/socket.h>

namespace holdfast::observer {
namespace {

using enum wire::ProbeVerdict;
using std::chrono::milliseconds;

constexpr milliseconds longest_timeout = std::chrono::hours(24);

/// Questions that are taken before the probes under way have their turn again.
constexpr int most_at_once = 64;

} // namespace

struct Observer::Look {
  Look(boost::asio::io_context& loop, const wire::ProbeQuestion& question)
      : serial(question.serial), timeout(std::clamp(question.timeout, milliseconds(1), longest_timeout)),
        secrets(question), timer(loop) {}

  std::uint64_t serial;
  milliseconds timeout;
  Secrets secrets;
  boost::asio::steady_timer timer;
  std::unique_ptr<Probe> probe;
};

Observer::Observer(int socket, Find find) : socket_(loop_, socket), find_(find) {}
Observer::~Observer() = default;

Status Observer::run() {
  wait();
  for (;;) {
    try {
      loop_.run();
      return ended_;
    } catch (const std::exception& error) {
      // Whose handler threw is not known any more: of none that is under way can the answer be believed.
      give_up_all(error.what());
    } catch (...) {
      give_up_all("an exception");
    }
  }
}

void Observer::wait() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](boost::system::error_code error) {
                       if (error) return end(Error{"waiting for questions: " + error.message()});
                       receive();
                     });
}

void Observer::receive() {
  for (int taken = 0; taken < most_at_once; ++taken)
    if (!receive_one()) return;
  wait();
}

/// False when there is no other just now, or ever.
bool Observer::receive_one() {
  std::string packet(wire::longest_probe_question, '\0');
  const auto size = ::recv(socket_.native_handle(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_TRUNC);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return wait(), false;
  if (size < 0 && errno != ECONNRESET) return end(system_error("reading a question", errno)), false;
  if (size <= 0) return end(Done{}), false;
  if (static_cast<std::size_t>(size) > packet.size()) return end(Error{"a question that is too long"}), false;
  packet.resize(static_cast<std::size_t>(size));
  const auto question = wire::decode_probe_question(packet);
  if (!question) return end(question.error().in("no question")), false;
  if (looks_.contains(question.value().serial)) return end(Error{"a serial that is in use"}), false;
  begin(question.value());
  return true;
}

void Observer::begin(const wire::ProbeQuestion& question) {
  const auto refuse = [&](const std::string& why) { send({question.serial, unknown, why}); };
  if (looks_.size() >= most_looks) return refuse("too many probes at once");
  const Begin begin_look = find_(question.protocol);
  if (begin_look == nullptr) return refuse("no probe of " + std::string(word(question.protocol)));
  try {
    auto look = std::make_unique<Look>(loop_, question);
    look->probe = begin_look(loop_, question, [this, serial = question.serial](Answer answer) {
      finish(serial, std::move(answer));
    });
    watch_time(*look);
    looks_.emplace(question.serial, std::move(look));
  } catch (const std::exception& error) {
    refuse(std::string("the observer failed: ") + error.what());
  }
}

void Observer::watch_time(Look& look) {
  look.timer.expires_after(look.timeout);
  look.timer.async_wait([this, serial = look.serial](boost::system::error_code error) {
    const auto found = looks_.find(serial);
    if (error || found == looks_.end()) return;
    const Look& late = *found->second;
    finish(serial, {failed, "no answer within " + format_span(late.timeout) + ", waits for " +
                                late.probe->waits_for()});
  });
}

void Observer::finish(std::uint64_t serial, Answer answer) {
  const auto found = looks_.find(serial);
  if (found == looks_.end()) return;
  auto look = std::move(found->second);
  looks_.erase(found);
  send({serial, answer.verdict, look->secrets.masked(std::move(answer.said))});
  // Not now: it may be the probe itself that calls.
  boost::asio::post(loop_, [over = std::move(look)] {});
}

void Observer::give_up_all(const std::string& why) {
  while (!looks_.empty())
    finish(looks_.begin()->first, {unknown, "the observer failed: " + excerpt(why)});
}

void Observer::send(const wire::ProbeReply& reply) {
  const std::string packet = wire::encode(reply);
  static_cast<void>(
      ::send(socket_.native_handle(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

void Observer::end(Status status) {
  ended_ = std::move(status);
  loop_.stop();
}

} // namespace holdfast::observer
