#include "observer/uwsgi_probe.h"

#include "base/size.h"
#include "observer/connect.h"
#include "observer/json.h"
#include "observer/words.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <optional>

namespace holdfast::observer {
namespace {

using enum wire::ProbeVerdict;

constexpr std::size_t longest_stats = 1U << 20;

struct Workers {
  std::size_t alive = 0;
  std::size_t with_application = 0;
  std::size_t busy = 0;
};

Workers workers_of(const Json& stats) {
  Workers workers;
  for (const Json& worker : value_at(stats, "workers")) {
    const std::string status = text_at(worker, "status");
    // One that died and is not replaced yet has no pid; "cheap" is one that is not there for want of work.
    if (number_at(worker, "pid").value_or(0) == 0 || status == "cheap") continue;
    ++workers.alive;
    const Json& applications = value_at(worker, "apps");
    if (!applications.is_array() || applications.empty()) continue;
    ++workers.with_application;
    if (status != "idle" && status != "pause") ++workers.busy;
  }
  return workers;
}

struct Queue {
  std::uint64_t length = 0;
  std::uint64_t most = 0;
};

/// That of the socket which is nearest to its limit.
Queue fullest_queue(const Json& stats) {
  Queue fullest;
  for (const Json& socket : value_at(stats, "sockets")) {
    const Queue queue{.length = number_at(socket, "queue").value_or(0),
                      .most = number_at(socket, "max_queue").value_or(0)};
    if (queue.most > 0 && queue.length >= fullest.length) fullest = queue;
  }
  fullest.length = std::max(fullest.length, number_at(stats, "listen_queue").value_or(0));
  return fullest;
}

class UwsgiProbe : public Probe {
public:
  UwsgiProbe(boost::asio::io_context& loop, const wire::ProbeQuestion& question, Answered answered)
      : target_(excerpt(question.target)), answered_(std::move(answered)) {
    connecting_.emplace(loop, question.target, [this](Result<Connecting::Socket> socket) {
      if (!socket) return tell(unreachable(socket.error()));
      socket_.emplace(std::move(socket).value());
      connecting_.reset();
      read();
    });
  }

  [[nodiscard]] std::string waits_for() const override {
    return connecting_ ? connecting_->waits_for() : "the stats of " + target_;
  }

private:
  void read() {
    socket_->async_read_some(
        boost::asio::buffer(chunk_),
        [this, alive = std::weak_ptr(alive_)](boost::system::error_code error, std::size_t bytes) {
          if (!alive.expired()) received(error, bytes);
        });
  }

  void received(boost::system::error_code error, std::size_t bytes) {
    stats_.append(chunk_.data(), bytes);
    if (stats_.size() > longest_stats)
      return tell({failed, target_ + ": sends more than " + format_bytes(longest_stats)});
    if (error == boost::asio::error::eof) return tell(uwsgi_answer(stats_));
    if (error) return tell({failed, target_ + ": " + error.message()});
    read();
  }

  void tell(const Answer& answer) { std::exchange(answered_, nullptr)(answer); }

  std::string target_;
  Answered answered_;
  std::optional<Connecting> connecting_;
  std::optional<Connecting::Socket> socket_;
  std::array<char, 16384> chunk_{};
  std::string stats_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace

Answer uwsgi_answer(std::string_view stats) {
  const auto json = parse_json(stats);
  if (stats.empty()) return {failed, "closed the connection without its stats"};
  if (!json || !value_at(*json, "workers").is_array())
    return {failed, "these are not uWSGI's stats: \"" + excerpt(stats, 40) + '"'};
  const Queue queue = fullest_queue(*json);
  if (queue.most > 0 && queue.length >= queue.most)
    return {failed, "listen queue " + std::to_string(queue.length) + " of " + std::to_string(queue.most)};
  const Workers workers = workers_of(*json);
  if (workers.alive == 0) return {failed, "no worker is alive"};
  if (workers.with_application == 0) return {starting, "no worker has an application yet"};
  std::string words =
      "busy " + std::to_string(workers.busy) + " of " + counted(workers.with_application, "worker");
  if (queue.length > 0) words += ", queue " + std::to_string(queue.length);
  return {succeeded, words};
}

std::unique_ptr<Probe> begin_uwsgi(boost::asio::io_context& loop, const wire::ProbeQuestion& question,
                                   Answered answered) {
  return std::make_unique<UwsgiProbe>(loop, question, std::move(answered));
}

} // namespace holdfast::observer
