#pragma once

#include "base/result.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::observer {

/// Looks for the addresses of a host, once. Each name has a thread of its own, since one whose directory
/// server is dead must not keep another name waiting; numeric addresses need none. Destroyed, it tells nobody
/// any more; the thread ends when the C library lets it.
class Resolving {
public:
  /// `done` is called once, from the loop; it may destroy this. At least one address, or an error whose code
  /// is 0 where there is no such name, and EAGAIN where it cannot be known just now.
  using Done = std::function<void(Result<std::vector<boost::asio::ip::tcp::endpoint>>)>;
  Resolving(boost::asio::io_context& loop, const std::string& host, std::uint16_t port, Done done);
  ~Resolving();
  Resolving(const Resolving&) = delete;
  Resolving& operator=(const Resolving&) = delete;

private:
  struct Lookup;
  static void begin_thread(const std::shared_ptr<Lookup>& lookup, const std::string& host,
                           std::uint16_t port);

  std::shared_ptr<Lookup> lookup_;
};

} // namespace holdfast::observer
