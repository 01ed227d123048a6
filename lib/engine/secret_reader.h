#pragma once

#include "base/result.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace holdfast::engine {

/// Reads secret files in threads of its own, since a disk may not answer: nobody else waits for it, and one
/// file holds one thread at the most. While that many files hang, what is asked of others waits behind them.
class SecretReader {
public:
  using Read = std::function<Result<std::string>(const std::string& path)>;
  using Done = std::function<void(Result<std::string> secret)>;

  /// `read` is called in those threads.
  SecretReader(boost::asio::io_context& loop, Read read);

  /// `done` is called from the loop, later, when it can be read or not; never where the disk does not answer.
  /// Who asks for a file that is being read gets what comes of that: a disk that hangs gathers no reads.
  void read(const std::string& path, Done done);

private:
  void has_read(const std::string& path, const Result<std::string>& secret);

  boost::asio::io_context& loop_;
  Read read_;
  std::map<std::string, std::vector<Done>> pending_; ///< by path: who waits for the one read
  boost::asio::thread_pool threads_;                 ///< last: they end before what they use
};

} // namespace holdfast::engine
