#include "observer/resolve.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <system_error>
#include <thread>

namespace holdfast::observer {
namespace {

using boost::asio::ip::tcp;
using Endpoints = std::vector<tcp::endpoint>;

/// Names that are looked for at once, each in a thread.
constexpr int most_lookups = 64;
std::atomic<int> lookups_under_way = 0;

Endpoints endpoints_of(const addrinfo* first) {
  Endpoints found;
  for (const addrinfo* one = first; one != nullptr; one = one->ai_next) {
    tcp::endpoint endpoint;
    if (one->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
    endpoint.resize(one->ai_addrlen);
    found.push_back(endpoint);
  }
  return found;
}

/// Waits for as long as the C library does.
Result<Endpoints> look_up(const std::string& host, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* first = nullptr;
  const int answer = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &first);
  if (answer == EAI_NONAME || answer == EAI_NODATA)
    return Error{"there is no host of the name \"" + host + '"'};
  if (answer != 0)
    return Error{"the name \"" + host + "\" cannot be looked up: " + gai_strerror(answer), EAGAIN};
  Endpoints found = endpoints_of(first);
  freeaddrinfo(first);
  if (found.empty()) return Error{"the name \"" + host + "\" has no address"};
  return found;
}

} // namespace

/// Shared with the thread, which may outlive the loop.
struct Resolving::Lookup {
  std::mutex mutex;
  boost::asio::io_context* loop = nullptr; ///< none: nobody waits any more
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work;
  Done done; ///< used in the loop's thread only

  static void tell(const std::shared_ptr<Lookup>& lookup, Result<Endpoints> found) {
    const std::lock_guard lock(lookup->mutex);
    if (lookup->loop == nullptr) return;
    boost::asio::post(*lookup->loop, [lookup, found = std::move(found)]() mutable {
      lookup->work.reset();
      if (auto done = std::exchange(lookup->done, nullptr)) done(std::move(found));
    });
  }
};

Resolving::Resolving(boost::asio::io_context& loop, const std::string& host, std::uint16_t port, Done done)
    : lookup_(std::make_shared<Lookup>()) {
  lookup_->loop = &loop;
  lookup_->work.emplace(loop.get_executor());
  lookup_->done = std::move(done);
  boost::system::error_code no_number;
  const auto address = boost::asio::ip::make_address(host, no_number);
  if (no_number)
    begin_thread(lookup_, host, port);
  else
    Lookup::tell(lookup_, Endpoints{tcp::endpoint(address, port)});
}

void Resolving::begin_thread(const std::shared_ptr<Lookup>& lookup, const std::string& host,
                             std::uint16_t port) {
  if (++lookups_under_way > most_lookups) {
    --lookups_under_way;
    return Lookup::tell(lookup, Error{"too many names are being looked up", EAGAIN});
  }
  try {
    std::thread([lookup, host, port] {
      Lookup::tell(lookup, look_up(host, port));
      --lookups_under_way;
    }).detach();
  } catch (const std::system_error& error) {
    --lookups_under_way;
    Lookup::tell(lookup, system_error("no thread to look up a name", error.code().value()));
  }
}

Resolving::~Resolving() {
  const std::lock_guard lock(lookup_->mutex);
  lookup_->loop = nullptr;
  lookup_->work.reset();
  lookup_->done = nullptr;
}

} // namespace holdfast::observer
